"""Images of the built-in catalogue, in the form of the Image API v2."""

from nova_gs.api.views import times


def full(image):
    """Return an image."""
    return {
        'id': image.id,
        'name': image.name,
        'status': image.status,
        'visibility': 'public',
        'protected': False,
        'os_hidden': False,
        'container_format': 'bare',
        'disk_format': image.disk_format,
        'size': image.size,
        'virtual_size': None,
        'checksum': None,
        'os_hash_algo': 'sha256',
        'os_hash_value': image.checksum,
        'min_disk': image.min_disk,
        'min_ram': image.min_ram,
        'owner': None,
        'tags': [],
        'created_at': times.short(image.created_at),
        'updated_at': times.short(image.updated_at or image.created_at),
        'self': '/v2/images/%s' % image.id,
        'file': '/v2/images/%s/file' % image.id,
        'schema': '/v2/schemas/image',
    }
