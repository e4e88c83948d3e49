"""Who may see and change flavors."""

from nova_gs.policies import base

READ = 'os_compute_api:os-flavors:read'
CREATE = 'os_compute_api:os-flavor-manage:create'
DELETE = 'os_compute_api:os-flavor-manage:delete'
SEE_PRIVATE = 'os_compute_api:os-flavors:read:private'


def list_rules():
    """Return the defaults of this noun."""
    rule = base.rule
    return [
        rule(READ, base.READER, 'List and show flavors.',
             'GET /flavors', 'GET /flavors/detail',
             'GET /flavors/{flavor_id}',
             'GET /flavors/{flavor_id}/os-extra_specs'),
        rule(SEE_PRIVATE, base.ADMIN, 'See flavors that are not public.',
             'GET /flavors', 'GET /flavors/detail',
             'GET /flavors/{flavor_id}'),
        rule(CREATE, base.ADMIN, 'Create a flavor.', 'POST /flavors'),
        rule(DELETE, base.ADMIN, 'Delete a flavor.',
             'DELETE /flavors/{flavor_id}'),
    ]
