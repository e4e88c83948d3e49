"""Who may tell what has happened to a server outside of this service."""

from nova_gs.policies import base

CREATE = 'os_compute_api:os-server-external-events:create'


def list_rules():
    """Return the defaults of this noun."""
    return [
        base.rule(CREATE, base.ADMIN_OR_SERVICE,
                  'Tell what has happened to servers elsewhere, such as that '
                  'a port was plugged.', 'POST /os-server-external-events'),
    ]
