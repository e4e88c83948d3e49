"""nova-manage image."""

import hashlib
import json
import os

from nova_gs import context
from nova_gs import objects
from tests.fixtures import database
from tests.unit.cmd.manage import base


class ImageTestCase(base.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(database.SQLite(self.conf))

    def stored(self):
        return objects.ImageList.get_all(context.get_admin_context())

    def test_add(self):
        content = b'boot' + bytes(3 << 20) + b'end' + bytes(100)
        code, said, _ = self.run_it(
            'image', 'add', 'disk', self.file(content))
        self.assertEqual(0, code)
        image = self.stored()[0]
        self.assertEqual(image.id + '\n', said)
        self.assertEqual(
            ('disk', 'raw', len(content),
             hashlib.sha256(content).hexdigest(), 'active'),
            (image.name, image.disk_format, image.size, image.checksum,
             image.status))
        with open(image.path, 'rb') as reader:
            self.assertEqual(content, reader.read())
        self.assertLess(os.stat(image.path).st_blocks * 512, 1 << 20 << 1)

    def test_add_qcow2(self):
        path = self.file(b'QFI\xfb\x00\x00\x00\x03' + bytes(504))
        code, _, _ = self.run_it('image', 'add', 'disk', path)
        self.assertEqual(0, code)
        self.assertEqual('qcow2', self.stored()[0].disk_format)

    def test_what_cannot_be_added(self):
        raw = self.file(b'raw')
        for path, options, words in (
                ('/no/such/file', (), 'No such file'),
                (self.conf.state_path, (), 'directory'),
                (self.file(b'', 'empty'), (), 'empty'),
                (raw, ('--format', 'vhd'), 'Format vhd is not known'),
                (raw, ('--format', 'qcow2'), 'is raw, not qcow2'),
                (self.file(b'KDMV', 'vmdk'), (), 'a VMDK image'),
                (self.file(b'\x1f\x8b', 'gz'), (), 'a gzip file'),
                (self.file(b'QFI\xfb', 'cut'), (), 'cut short'),
                (self.file(b'QFI\xfb\0\0\0\3\0\0\0\0\0\0\1\0' + bytes(500),
                           'overlay'), (), 'needs another file'),
                (self.file(b'QFI\xfb\0\0\0\3' + bytes(71) + b'\4'
                           + bytes(500), 'external'), (),
                 'needs another file')):
            self.assert_complains(
                1, words, 'image', 'add', 'disk', path, *options)
        self.assertEqual(0, len(self.stored()))
        self.assertFalse(os.path.exists(self.conf.images.store_path)
                         and os.listdir(self.conf.images.store_path))

    def test_a_store_that_cannot_be_written(self):
        self.flags(group='images', store_path=self.file(b'a file', 'x'))
        self.assert_complains(
            1, 'File exists', 'image', 'add', 'disk', self.file(b'raw'))

    def test_list_and_delete(self):
        self.run_it('image', 'add', 'disk', self.file(b'raw'))
        image = self.stored()[0]
        self.assertIn('disk', self.run_it('image', 'list')[1])
        listed = json.loads(self.run_it('image', 'list', '--json')[1])
        self.assertEqual([image.id], [one['id'] for one in listed])
        self.assertEqual((0, '', ''),
                         self.run_it('image', 'delete', image.id))
        self.assertFalse(os.path.exists(image.path))
        self.assert_complains(1, 'could not be found',
                              'image', 'delete', image.id)
