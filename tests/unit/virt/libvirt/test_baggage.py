import json
import os

from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.libvirt import baggage
from nova_gs.virt.libvirt import disks
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
ZEROS = '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58'
MADE = ['console.log', 'disk', 'disk.swap', 'incoming', 'storage-id']


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.disks, self.baggage = self.make('b')
        self.path = self.disks.directory(UUID)

    def make(self, host, directory=None):
        storage = disks.Disks(
            os.path.join(self.conf.state_path, directory or host), host)
        storage.prepare()
        return storage, baggage.Baggage(storage, host)

    def image(self, **values):
        path = os.path.join(self.conf.state_path, 'image')
        with open(path, 'wb') as image:
            image.truncate(1 << 20)
        return objects.Image(**dict(
            {'id': 'zeros', 'path': path, 'disk_format': 'raw',
             'checksum': ZEROS}, **values))

    def data(self):
        return objects.MigrateData(
            block_migration=True, details={'storage_id': 'of the source'},
            disks={
                'vda': {'file': 'disk', 'format': 'qcow2', 'size': 2 << 20,
                        'used': 0, 'base': ZEROS, 'base_format': 'raw'},
                'vdb': {'file': 'disk.swap', 'format': 'raw',
                        'size': 8 << 20, 'used': 0, 'base': None,
                        'base_format': None}})

    def files(self):
        return (sorted(os.listdir(self.path))
                if os.path.exists(self.path) else [])

    def expect(self, image=None):
        data = self.data()
        self.baggage.expect(UUID, data, image)
        return data


class TestArrival(TestCase):

    def test_empty_disks_on_the_base(self):
        data = self.expect(self.image())
        self.assertEqual(MADE, self.files())
        about = self.disks._describe(self.disks.disk(UUID), 'qcow2')
        self.assertEqual((2 << 20, self.disks.base(ZEROS)), (
            about['virtual-size'], about['backing-filename']))
        self.assertEqual(8 << 20, os.path.getsize(
            self.disks.disk(UUID, 'disk.swap')))
        self.assertEqual(ZEROS, data.disks['vda']['base'])
        self.assertEqual(
            (self.disks.path, self.disks.storage_id(UUID)),
            (data.details['dest_instances_path'],
             data.details['dest_storage_id']))

    def test_base_that_is_here_needs_no_image(self):
        self.disks.fetch(self.image())
        self.assertEqual(ZEROS, self.expect().disks['vda']['base'])

    def test_whole_disks_without_the_base(self):
        gone = self.image(path='/nonexistent')
        for image in (None, gone, self.image(checksum='of another')):
            data = self.expect(image)
            self.assertIsNone(data.disks['vda']['base'])
            about = self.disks._describe(self.disks.disk(UUID), 'qcow2')
            self.assertNotIn('backing-filename', about)

    def test_over_what_an_earlier_one_has_left(self):
        self.expect()
        for mark in ('incoming', 'leaving'):
            os.rename(os.path.join(self.path, 'incoming'),
                      os.path.join(self.path, mark))
            with open(os.path.join(self.path, 'old'), 'w'):
                pass
            self.assertIsNone(self.baggage.find_obstacle(UUID))
            self.expect()
            self.assertEqual(MADE, self.files())

    def test_not_over_what_nobody_knows(self):
        os.makedirs(self.path)
        self.assertIsNone(self.baggage.find_obstacle(UUID))
        with open(os.path.join(self.path, 'disk'), 'w'):
            pass
        self.assertEqual(self.path, self.baggage.find_obstacle(UUID))
        error = self.assertRaises(exception.HypervisorError, self.expect)
        self.assertIn('in the way', str(error))
        self.assertEqual(['disk'], self.files())

    def test_what_cannot_be_made_is_still_marked(self):
        data = self.data()
        data.disks['vdb']['format'] = 'no such format'
        self.assertRaises(exception.HypervisorError, self.baggage.expect,
                          UUID, data, None)
        self.baggage.drop(UUID, baggage.INCOMING)
        self.assertEqual([], self.files())


class TestEnd(TestCase):

    def test_did_not_come(self):
        self.expect()
        self.assertTrue(self.baggage.is_expected(UUID))
        for _twice in range(2):
            self.baggage.drop(UUID, baggage.INCOMING)
            self.assertEqual([], self.files())

    def test_has_come(self):
        self.expect()
        for _twice in range(2):
            self.baggage.keep(UUID)
            self.assertFalse(self.baggage.is_expected(UUID))
            self.baggage.drop(UUID, baggage.INCOMING)
        self.assertEqual([name for name in MADE if name != 'incoming'],
                         self.files())

    def test_has_left(self):
        self.expect()
        self.baggage.keep(UUID)
        self.baggage.drop(UUID, baggage.LEAVING)
        self.assertIn('disk', self.files())
        self.baggage.pledge(UUID, 'of the destination')
        self.baggage.drop(UUID, baggage.INCOMING)
        self.assertIn('disk', self.files())
        self.baggage.drop(UUID, baggage.LEAVING)
        self.assertEqual([], self.files())

    def test_same_directory_at_both_ends(self):
        """Whatever the marker says, there is only one copy."""
        self.expect()
        self.baggage.pledge(UUID, self.disks.storage_id(UUID))
        self.baggage.drop(UUID, baggage.LEAVING)
        self.assertIn('disk', self.files())

    def test_marker_of_another_host(self):
        _disks, other = self.make('c', 'b')
        self.expect()
        other.drop(UUID, baggage.INCOMING)
        self.assertFalse(other.is_expected(UUID))
        self.assertEqual(MADE, self.files())

    def test_marker_that_was_cut(self):
        self.expect()
        with open(os.path.join(self.path, 'incoming'), 'w') as marker:
            marker.write(json.dumps({'host': 'b', 'other': 'x'})[:9])
        self.baggage.drop(UUID, baggage.INCOMING)
        self.assertEqual(MADE, self.files())

    def test_markers_go_last(self):
        """A removal that is cut is repeated, not taken for a stranger."""
        self.expect()
        os.mkdir(os.path.join(self.path, 'aaa'))
        for name in disks.MARKERS:
            self.assertIn(name, ('incoming', 'leaving'))
        disks._remove_but(self.path, disks.MARKERS)
        self.assertEqual(['incoming'], self.files())
        self.baggage.drop(UUID, baggage.INCOMING)
        self.assertEqual([], self.files())
