"""What happens to every request before and after its handler."""

from oslo_log import log as logging
from oslo_utils import uuidutils

from nova_gs.api import microversions
from nova_gs.api.views import links
from nova_gs import context

LOG = logging.getLogger(__name__)

REQUEST_ID_HEADERS = ('x-openstack-request-id', 'x-compute-request-id')


class RequestId:
    """Gives a request its id, and tells the client.

    Instance actions keep the same id, so that users can ask for what became
    of a request.
    """

    def process_request(self, req, resp):
        req.context.request_id = 'req-' + uuidutils.generate_uuid()
        for name in REQUEST_ID_HEADERS:
            resp.set_header(name, req.context.request_id)

    def process_response(self, req, resp, resource, succeeded):
        LOG.info('%s %s answered %d (%s)', req.method, req.relative_uri,
                 resp.status_code, req.context.request_id)


class Identity:
    """Says who asks.

    :param enforcer: policies.enforcer.Enforcer
    :param everyone_is_admin: whether there is no authentication
    """

    def __init__(self, enforcer, everyone_is_admin):
        self._enforcer = enforcer
        self._everyone_is_admin = everyone_is_admin

    def process_request(self, req, resp):
        make = self._nobody_checked if self._everyone_is_admin else (
            self._checked)
        req.context.ctxt = make(req)

    def _nobody_checked(self, req):
        # "user:project" is how clients without keystone name themselves.
        user, colon, project = (
            req.get_header('X-Auth-Token') or '').partition(':')
        if not (user and project):
            user = project = 'admin'
        return context.RequestContext(
            user_id=user, project_id=project, is_admin=True,
            roles=['admin', 'member', 'reader'],
            request_id=req.context.request_id,
            global_request_id=req.get_header('X-OpenStack-Request-ID'))

    def _checked(self, req):
        ctxt = context.RequestContext.from_environ(
            req.env, request_id=req.context.request_id)
        ctxt.is_admin = self._enforcer.is_admin(ctxt)
        return ctxt


class Microversion:
    """Finds the version that a request speaks, and says it in the answer."""

    def process_request(self, req, resp):
        req.context.minor = microversions.MIN_MINOR
        if not self._spoken(req):
            return
        self._say(resp, req.context.minor)
        req.context.minor = microversions.from_headers(
            {name.lower(): value for name, value in req.headers.items()})
        self._say(resp, req.context.minor)

    @staticmethod
    def _spoken(req):
        return req.path.startswith(links.PREFIX + '/')

    @staticmethod
    def _say(resp, minor):
        for name, value in microversions.response_headers(minor).items():
            resp.set_header(name, value)
