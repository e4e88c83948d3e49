"""Images."""

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class ImageTestCase(base.DatabaseTestCase):

    def make(self, image_id):
        image = objects.Image(
            self.context, id=image_id, name='disk', path='/images/one',
            disk_format='raw', size=5 << 32, checksum='00')
        image.create()
        return image

    def test_create_and_destroy(self):
        image = self.make('one')
        self.assertEqual('active', image.status)
        stored = objects.Image.get_by_id(self.context, 'one')
        self.assertEqual(image, stored)
        self.assertEqual(1, len(objects.ImageList.get_all(self.context)))
        stored.destroy()
        self.assertRaises(exception.ImageNotFound, image.destroy)
        self.assertRaises(exception.ImageNotFound, objects.Image.get_by_id,
                          self.context, 'one')

    def test_twice(self):
        self.make('one')
        self.assertRaises(exception.AlreadyExists, self.make, 'one')
