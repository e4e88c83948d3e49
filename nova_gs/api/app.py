"""The API as a WSGI application."""

import json

import falcon

from nova_gs.api import call as calls
from nova_gs.api import faults
from nova_gs.api import middleware
from nova_gs.api import routes
from nova_gs.api.schemas import validation
from nova_gs import exception
from nova_gs import network
from nova_gs import objects
from nova_gs.policies import enforcer as policy_enforcer


def create(conf, publisher, compute_rpcapi, servicegroup, enforcer=None):
    """Return the WSGI application.

    :param conf: ConfigOpts
    :param publisher: offers.Publisher
    :param compute_rpcapi: compute.rpcapi.ComputeAPI
    :param servicegroup: servicegroup.ServiceGroup
    :param enforcer: policies.enforcer.Enforcer; None makes one
    :raises: ConfigurationError when keystone is asked for and not installed
    """
    objects.register_all()
    enforcer = enforcer or policy_enforcer.Enforcer(conf)
    services = calls.Services(
        conf, publisher, compute_rpcapi, servicegroup, enforcer,
        network.load(conf))
    app = falcon.App(middleware=[
        middleware.RequestId(),
        middleware.Identity(enforcer, conf.api.auth_strategy == 'none'),
        middleware.Microversion(),
    ])
    app.req_options.strip_url_path_trailing_slash = True
    faults.install(app)
    for path in dict.fromkeys(route.path for route in routes.ROUTES):
        app.add_route(path, Resource(services, [
            route for route in routes.ROUTES if route.path == path]))
    if conf.api.auth_strategy == 'keystone':
        return Guarded(app, _keystone(conf, app))
    return app


class Resource:
    """One URL as Falcon wants it: an object with ``on_get`` and the like."""

    def __init__(self, services, rows):
        self._services = services
        for row in rows:
            setattr(self, 'on_' + row.method.lower(), self._responder(row))

    def _responder(self, route):
        def respond(req, resp, **names):
            _check_version(route, req)
            body = _read(req) if route.body or route.actions else None
            target = _action(route, body, req) if route.actions else route
            if target.body:
                _validate(target, body, req.context.minor)
            call = calls.Call(
                self._services, req.context.ctxt, path=req.path,
                base_url='%s://%s' % (req.scheme, req.netloc),
                query=req.params, minor=req.context.minor, body=body)
            _answer(resp, target.code, _handle(target, call, names))
        return respond


class Guarded:
    """Lets public paths pass, and all others through a token check.

    Clients read version documents before they have a token, so a 401 there
    would end the conversation.

    :param app: the WSGI application
    :param guard: the same behind keystonemiddleware
    """

    def __init__(self, app, guard):
        self._app = app
        self._guard = guard
        self._public = {route.path.rstrip('/') for route in routes.ROUTES
                        if route.public}

    def __call__(self, environ, start_response):
        path = environ.get('PATH_INFO', '').rstrip('/')
        app = self._app if path in self._public else self._guard
        return app(environ, start_response)


def _keystone(conf, app):
    try:
        # Only deployments with keystone need the package.
        from keystonemiddleware import auth_token
    except ImportError:
        raise exception.ConfigurationError(
            option='[api] auth_strategy',
            problem='keystone was asked for, and the Python package '
                    'keystonemiddleware is not installed',
            remedy='Install it, or set auth_strategy = none.')
    return auth_token.AuthProtocol(app, {'oslo_config_config': conf})


def _check_version(route, req):
    minor = req.context.minor
    if minor < route.since or (
            route.until is not None and minor > route.until):
        raise falcon.HTTPNotFound()


def _read(req):
    """Return the body as JSON says it."""
    kind = (req.content_type or '').partition(';')[0].strip().lower()
    if kind and kind != 'application/json':
        raise falcon.HTTPUnsupportedMediaType(
            description='Unsupported Content-Type %s. Use '
                        'application/json.' % kind)
    try:
        return json.loads(req.bounded_stream.read())
    except ValueError:
        raise exception.Invalid(
            reason='Malformed request body: it is not JSON.')


def _action(route, body, req):
    """Return the row of the one action that a body asks for."""
    if not isinstance(body, dict) or len(body) != 1:
        raise exception.Invalid(
            reason='Malformed request body: one action, please.')
    name = next(iter(body))
    for action in route.actions:
        if action.name == name:
            _check_version(action, req)
            return action
    raise exception.Invalid(reason='There is no such action: %s' % name)


def _validate(target, body, minor):
    schema = validation.pick(target.body, minor)
    if schema is None:
        raise falcon.HTTPNotFound()
    validation.check(body, schema)


def _handle(target, call, names):
    """Return what a handler says, of the server where it is by now."""
    try:
        return target.handler(call, **names)
    except exception.InstanceMoved:
        # Nothing was written yet.
        return target.handler(call, **names)


def _answer(resp, code, result):
    if not isinstance(result, calls.Reply):
        result = calls.Reply(result)
    resp.status = result.code or code
    for name, value in result.headers.items():
        resp.set_header(name, value)
    if result.body is not None:
        resp.media = result.body
