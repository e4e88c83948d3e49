"""Making and removing guests: what the driver is asked, what is recorded."""

from nova_gs.compute import build
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import compute
from tests.unit.db import base


class TestBuild(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.operation = compute.FakeOperation()
        self.image = objects.Image(
            self.context, name='ticker', path='/images/ticker',
            disk_format='raw', size=512, checksum='c')
        self.image.create()

    def test_build(self):
        self.operation.params = {'image_id': self.image.id}
        changes = build.build(self.host, self.operation, self.context)
        (what, image), = self.host.driver.calls
        self.assertEqual(('spawn', '/images/ticker'), (what, image.path))
        self.assertEqual(
            ('active', 1, self.host.clock.utcnow().isoformat()),
            (changes['vm_state'], changes['power_state'],
             changes['launched_at']))

    def test_image_that_is_gone(self):
        self.operation.params = {'image_id': 'no such image'}
        self.assertRaises(exception.ImageNotFound, build.build, self.host,
                          self.operation, self.context)
        self.assertEqual([], self.host.driver.calls)

    def test_failed_build_keeps_no_room(self):
        changes = build.when_build_failed(
            self.host, self.operation, 'disk full')
        self.assertEqual(('error', None, None), (
            changes['vm_state'], changes['host'], changes['node']))
        self.assertEqual((500, 'disk full'), (
            changes['fault']['code'], changes['fault']['message']))

    def test_changes_are_fields_of_an_instance(self):
        self.operation.params = {'image_id': self.image.id}
        for changes in (
                build.build(self.host, self.operation, self.context),
                build.when_build_failed(self.host, self.operation, 'r'),
                build.delete(self.host, self.operation)):
            objects.Instance.pack(changes)

    def test_delete(self):
        changes = build.delete(self.host, self.operation)
        self.assertEqual(['destroy'], self.host.driver.names())
        self.assertEqual(('deleted', True, 0), (
            changes['vm_state'], changes['deleted'],
            changes['power_state']))
