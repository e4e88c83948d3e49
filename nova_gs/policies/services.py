"""Who may see services and take them out of use."""

from nova_gs.policies import base

LIST = 'os_compute_api:os-services:list'
UPDATE = 'os_compute_api:os-services:update'
DRAIN = 'os_compute_api:os-services:drain'


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
        base.rule(DRAIN, base.ADMIN,
                  'Let a compute host take nothing in, see what it still '
                  'does, and let it work again.',
                  'GET /os-services/{service_id}/drain',
                  'PUT /os-services/{service_id}/drain',
                  'DELETE /os-services/{service_id}/drain'),
    ]
