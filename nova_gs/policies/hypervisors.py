"""Who may see hypervisors, and what else describes the hosts."""

from nova_gs.policies import base

LIST = 'os_compute_api:os-hypervisors:list'
SHOW = 'os_compute_api:os-hypervisors:show'
AGGREGATES = 'os_compute_api:os-aggregates:index'
ZONES = 'os_compute_api:os-availability-zone:list'
ZONES_DETAIL = 'os_compute_api:os-availability-zone:detail'


def list_rules():
    """Return the defaults of this noun."""
    rule = base.rule
    return [
        rule(LIST, base.ADMIN, 'List hypervisors.',
             'GET /os-hypervisors', 'GET /os-hypervisors/detail'),
        rule(SHOW, base.ADMIN, 'Show a hypervisor.',
             'GET /os-hypervisors/{hypervisor_id}',
             'GET /os-hypervisors/{hypervisor_id}/uptime',
             'GET /os-hypervisors/{pattern}/search',
             'GET /os-hypervisors/{pattern}/servers',
             'GET /os-hypervisors/statistics'),
        rule(AGGREGATES, base.ADMIN, 'List host aggregates.',
             'GET /os-aggregates'),
        rule(ZONES, base.READER, 'List availability zones.',
             'GET /os-availability-zone'),
        rule(ZONES_DETAIL, base.ADMIN,
             'List availability zones with their hosts.',
             'GET /os-availability-zone/detail'),
    ]
