"""The built-in image catalogue: as much of the Image API v2 as is read."""

from nova_gs.api import call as calls
from nova_gs.api import paging
from nova_gs.api.views import images as view
from nova_gs.api.views import versions
from nova_gs import objects
from nova_gs.policies import catalogues as rules

_SCHEMA = '/v2/schemas/images'


def root(call):
    """``GET /image``: which versions there are; 300 as Glance does."""
    return calls.Reply(versions.catalogue(
        call.base_url, 'image/v2', 'v2.16', '2022-01-01T00:00:00Z'), 300)


def index(call):
    """``GET /image/v2/images``, filtered by id, name, status and format."""
    call.authorize(rules.IMAGES)
    images = [image for image in objects.ImageList.get_all(call.context)
              if all(_fits(call, image, name) for name in (
                  'id', 'name', 'status', 'disk_format'))]
    size = paging.limit(call)
    images = paging.cut(images, call.param('marker'), size, 'id')
    body = {'images': [view.full(image) for image in images],
            'schema': _SCHEMA, 'first': '/v2/images'}
    if images and len(images) == size:
        body['next'] = '/v2/images?marker=%s' % images[-1].id
        if 'limit' in call.query:
            body['next'] += '&limit=%d' % size
    return body


def show(call, image_id):
    """``GET /image/v2/images/ID``."""
    call.authorize(rules.IMAGES)
    return view.full(objects.Image.get_by_id(call.context, image_id))


def _fits(call, image, name):
    asked = call.param(name)
    if asked is None:
        return True
    if asked.startswith('in:'):
        return str(getattr(image, name)) in [
            word.strip('"') for word in asked[len('in:'):].split(',')]
    return str(getattr(image, name)) == asked
