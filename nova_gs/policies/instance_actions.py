"""Who may see what was done to a server."""

from nova_gs.policies import base

LIST = 'os_compute_api:os-instance-actions:list'
SHOW = 'os_compute_api:os-instance-actions:show'
EVENTS = 'os_compute_api:os-instance-actions:events'
EVENT_DETAILS = 'os_compute_api:os-instance-actions:events:details'

PATH = 'GET /servers/{server_id}/os-instance-actions'


def list_rules():
    """Return the defaults of this noun."""
    rule = base.rule
    return [
        rule(LIST, base.READER, "List a server's actions.", PATH),
        rule(SHOW, base.READER, "Show a server's action.",
             PATH + '/{request_id}'),
        rule(EVENTS, base.ADMIN,
             'See events before 2.51, tracebacks, and the host by name.',
             PATH + '/{request_id}'),
        rule(EVENT_DETAILS, base.ADMIN, 'See the details of events.',
             PATH + '/{request_id}'),
    ]
