"""``nova-manage image``: the built-in catalogue of images."""

import os
import uuid

from nova_gs.cmd import image_file
from nova_gs.cmd.manage import base

_COLUMNS = ('id', 'name', 'disk_format', 'size', 'status')


def add(nouns):
    """Add the noun to the command line."""
    verbs = base.verbs(nouns, 'image', 'the built-in catalogue of images')
    adding = base.verb(verbs, 'add', create)
    adding.add_argument('name', metavar='NAME')
    adding.add_argument('file', metavar='FILE')
    adding.add_argument('--format', metavar='|'.join(image_file.FORMATS),
                        help='refuse the file if it has another format')
    base.telling(verbs, 'list', show)
    deleting = base.verb(verbs, 'delete', delete)
    deleting.add_argument('id', metavar='ID')


def create(conf, arguments):
    """Copy a file into the store, record it, print its id."""
    records = base.records(conf)
    disk_format = image_file.detect(arguments.file, arguments.format)
    image_id = str(uuid.uuid4())
    os.makedirs(conf.images.store_path, exist_ok=True)
    path = os.path.join(os.path.abspath(conf.images.store_path), image_id)
    size, checksum = image_file.copy(arguments.file, path)
    try:
        records.images.create({
            'id': image_id, 'name': arguments.name, 'path': path,
            'disk_format': disk_format, 'size': size, 'checksum': checksum})
    except BaseException:
        image_file.remove(path)
        raise
    print(image_id)


def show(conf, arguments):
    """Print the catalogue."""
    base.show(_COLUMNS, base.records(conf).images.get_all(), arguments.json)


def delete(conf, arguments):
    """Take an image out of the catalogue and remove its file."""
    images = base.records(conf).images
    path = images.get_by_id(arguments.id)['path']
    images.destroy(arguments.id)
    image_file.remove(path)
