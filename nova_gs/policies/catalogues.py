"""Who may read the built-in catalogues of images and networks."""

from nova_gs.policies import base

IMAGES = 'get_images'
NETWORKS = 'get_network'


def list_rules():
    """Return the defaults of these nouns."""
    return [
        base.rule(IMAGES, base.READER, 'List and show images.',
                  'GET /image/v2/images', 'GET /image/v2/images/{image_id}'),
        base.rule(NETWORKS, base.READER, 'List and show networks.',
                  'GET /network/v2.0/networks',
                  'GET /network/v2.0/networks/{network_id}'),
    ]
