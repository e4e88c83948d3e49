"""nova-manage, in this process and once as a process."""

import hashlib
import io
import json
import os
import subprocess
import sys

import fixtures

from nova_gs.cmd import manage
from nova_gs import context
from nova_gs.db import engine
from nova_gs import objects
from tests.fixtures import database
from tests.unit import base


class ManageTestCase(base.TestCase):

    def run_it(self, *argv):
        """Run a command; returns (exit code, what it said, complaint)."""
        said, complaint = io.StringIO(), io.StringIO()
        with fixtures.MonkeyPatch('sys.stdout', said), \
                fixtures.MonkeyPatch('sys.stderr', complaint):
            try:
                code = manage.execute(manage.parse(argv), self.conf)
            except SystemExit as leaving:
                code = leaving.code
        return code, said.getvalue(), complaint.getvalue()

    def assert_complains(self, code, words, *argv):
        """Assert that a command ends with one line that has some words."""
        result = self.run_it(*argv)
        self.assertEqual((code, ''), result[:2], result)
        self.assertEqual(1, result[2].count('\n'), result[2])
        self.assertTrue(result[2].startswith('nova-manage: '), result[2])
        self.assertIn(words, result[2])

    def file(self, content, name='disk.img'):
        path = os.path.join(self.conf.state_path, name)
        with open(path, 'wb') as writer:
            writer.write(content)
        return path


class CommandLineTestCase(ManageTestCase):

    def test_what_makes_no_sense(self):
        for argv in ((), ('db',), ('db', 'drop'), ('planet', 'list'),
                     ('image', 'add', 'only-a-name'),
                     ('service', 'list', '--colour')):
            self.assert_complains(2, '--help', *argv)


class DatabaseTestCase(ManageTestCase):

    def test_sync_says_what_it_did(self):
        engine.register_opts(self.conf)
        code, said, _ = self.run_it('db', 'version')
        self.assertIn('schema (none)', said)
        code, said, _ = self.run_it('db', 'sync')
        self.assertEqual(0, code)
        self.assertIn('from schema (none) to 0001', said)
        code, said, _ = self.run_it('db', 'sync')
        self.assertIn('schema 0001 already', said)

    def test_no_schema_yet(self):
        for argv in (('service', 'list'), ('image', 'list'),
                     ('image', 'add', 'a', 'b'), ('operation', 'list')):
            self.assert_complains(1, 'nova-manage db sync', *argv)

    def test_no_database(self):
        engine.register_opts(self.conf)
        self.flags(group='database',
                   connection='sqlite:////no/such/folder/db')
        for argv in (('db', 'sync'), ('db', 'version'), ('image', 'list')):
            self.assert_complains(1, '/no/such/folder', *argv)

    def test_not_a_database(self):
        engine.register_opts(self.conf)
        self.flags(group='database', connection='sqlite:///%s' % self.file(
            b'this is not a database at all' * 100))
        for argv in (('db', 'sync'), ('db', 'version'), ('image', 'list')):
            self.assert_complains(1, '[database] connection', *argv)


class ImageTestCase(ManageTestCase):

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


class ListTestCase(ManageTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(database.SQLite(self.conf))
        self.context = context.get_admin_context()

    def test_services(self):
        service = objects.Service.register(
            self.context, 'host1', 'nova-compute', 'compute', 3, 'me')
        service.announce('draining', 'SIGTERM')
        self.assertIn('draining', self.run_it('service', 'list')[1])
        listed = json.loads(self.run_it('service', 'list', '--json')[1])
        self.assertEqual(['SIGTERM'], [one['phase_reason']
                                       for one in listed])

    def test_operations(self):
        instance = objects.Instance(
            self.context, uuid='1f0c1b1e-0000-4000-8000-000000000000')
        operation = objects.Operation.accept(
            self.context, instance, 'build', 'build_instance', 'spawning',
            host='host1')

        def listed(*options):
            return [one['uuid'] for one in json.loads(
                self.run_it('operation', 'list', '--json', *options)[1])]

        self.assertIn(operation.uuid, self.run_it('operation', 'list')[1])
        self.assertEqual([operation.uuid], listed('--host', 'host1'))
        self.assertEqual([], listed('--host', 'host2'))
        objects.Operation.cancel_offered(
            self.context, operation.uuid, 'failed', 'no')
        self.assertEqual([], listed())
        self.assertEqual([operation.uuid], listed('--all'))


class ProcessTestCase(ManageTestCase):

    def test_a_missing_option_file(self):
        result = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'nova_gs.cmd.manage',
             '--config-file', '/no/such/file', 'db', 'sync'],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(2, result.returncode)
        self.assertEqual(
            'nova-manage: --config-file: /no/such/file cannot be read. Name '
            'a file that exists.\n', result.stderr)
