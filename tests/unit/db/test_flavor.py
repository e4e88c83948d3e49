"""Flavors."""

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class FlavorTestCase(base.DatabaseTestCase):

    def make(self, flavorid='9', name='m1.nine'):
        flavor = objects.Flavor(
            self.context, flavorid=flavorid, name=name, memory_mb=512,
            vcpus=2, root_gb=3, extra_specs={'hw:x': 'y'})
        flavor.create()
        return flavor

    def test_what_there_is_from_the_start(self):
        self.assertEqual(
            [('1', 'm1.ticker', 128, 1, 1), ('2', 'm1.small', 256, 1, 1)],
            [(flavor.flavorid, flavor.name, flavor.memory_mb, flavor.vcpus,
              flavor.root_gb)
             for flavor in objects.FlavorList.get_all(self.context)])

    def test_create_and_destroy(self):
        flavor = self.make()
        self.assertTrue(flavor.is_public)
        stored = objects.Flavor.get_by_flavor_id(self.context, '9')
        self.assertEqual(flavor, stored)
        self.assertEqual({'hw:x': 'y'}, stored.extra_specs)
        stored.destroy()
        self.assertRaises(
            exception.FlavorNotFound, objects.Flavor.get_by_flavor_id,
            self.context, '9')
        self.assertRaises(exception.FlavorNotFound, flavor.destroy)

    def test_taken(self):
        self.make()
        self.assertRaises(exception.AlreadyExists, self.make)
        self.assertRaises(exception.AlreadyExists, self.make, '10')
