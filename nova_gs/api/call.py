"""One request as a handler sees it, and what a handler may answer."""

import dataclasses
import typing

from oslo_utils import strutils

from nova_gs import exception


@dataclasses.dataclass(frozen=True)
class Services:
    """What handlers need of the process around them; tests pass fakes.

    :ivar conf: ConfigOpts
    :ivar publisher: offers.Publisher, or what has its ``publish``
    :ivar compute_rpcapi: compute.rpcapi.ComputeAPI, or what has its calls
    :ivar servicegroup: servicegroup.ServiceGroup
    :ivar enforcer: policies.enforcer.Enforcer
    :ivar network: network.base.Network
    """

    conf: typing.Any
    publisher: typing.Any
    compute_rpcapi: typing.Any
    servicegroup: typing.Any
    enforcer: typing.Any
    network: typing.Any = None


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer that is more than a body with the route's own status."""

    body: typing.Any = None
    code: int | None = None
    headers: dict = dataclasses.field(default_factory=dict)


class Call:
    """A request that passed the gate: who asks, in which version, for what.

    :param services: ``Services``
    :param context: RequestContext of the user
    :param base_url: scheme and host as the client used them, no slash
    :param path: the request's path, for links to further pages
    :param query: dict of the query string; a repeated name has a list
    :param minor: minor API version, e.g. 47
    :param body: the decoded and checked body, or None
    """

    def __init__(self, services, context, *, base_url, path, query=None,
                 minor=1, body=None):
        self.services = services
        self.context = context
        self.base_url = base_url
        self.path = path
        self.query = query or {}
        self.minor = minor
        self.body = body

    def param(self, name, default=None):
        """Return one query parameter; the first one if it is repeated."""
        values = self.params(name)
        return values[0] if values else default

    def params(self, name):
        """Return every value of a query parameter as a list."""
        value = self.query.get(name)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def flag(self, name, default=False):
        """Return a query parameter as a bool.

        :raises: Invalid when it is none
        """
        value = self.param(name)
        if value is None:
            return default
        if value == '':
            # "?all_tenants" without a value asks for it.
            return True
        try:
            return strutils.bool_from_string(value, strict=True)
        except ValueError:
            raise exception.Invalid(
                reason='Invalid value for query parameter %s: %s. Use '
                       '"true" or "false".' % (name, value))

    def authorize(self, rule, target=None):
        """Let the user pass, or raise Forbidden.

        :param rule: a rule's name from nova_gs.policies
        :param target: an object with project_id and user_id; the user's own
            project when there is none
        """
        self.services.enforcer.authorize(self.context, rule, target)

    def allowed(self, rule, target=None):
        """Say whether the user may, without raising."""
        return self.services.enforcer.allowed(self.context, rule, target)
