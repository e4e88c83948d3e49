"""Who may see services and take them out of use."""

from nova_gs.policies import base

LIST = 'os_compute_api:os-services:list'
UPDATE = 'os_compute_api:os-services:update'


def list_rules():
    """Return the defaults of this noun."""
    return [
        base.rule(LIST, base.ADMIN, 'List services.', 'GET /os-services'),
        base.rule(UPDATE, base.ADMIN,
                  'Enable, disable or force down a service.',
                  'PUT /os-services/{service_id}',
                  'PUT /os-services/enable', 'PUT /os-services/disable',
                  'PUT /os-services/disable-log-reason',
                  'PUT /os-services/force-down'),
    ]
