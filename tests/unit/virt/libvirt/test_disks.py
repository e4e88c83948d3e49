import errno
import hashlib
import json
import os
import stat
import subprocess
import threading
from unittest import mock

from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.libvirt import console_log
from nova_gs.virt.libvirt import disks
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.path = os.path.join(self.conf.state_path, 'instances')
        self.disks = disks.Disks(self.path, 'host1')
        self.disks.prepare()
        self.instance = objects.Instance(uuid=UUID, root_gb=0)

    def image(self, disk_format='raw', content=b'boot', size=1 << 20):
        path = os.path.join(self.conf.state_path, 'image')
        if disk_format == 'raw':
            with open(path, 'wb') as image:
                image.write(content)
                image.truncate(size)
        return self.described(path, disk_format)

    def described(self, path, disk_format):
        with open(path, 'rb') as image:
            checksum = hashlib.sha256(image.read()).hexdigest()
        return objects.Image(id='the image', path=path, checksum=checksum,
                             disk_format=disk_format)

    def qcow2(self, *options):
        path = os.path.join(self.conf.state_path, 'image.qcow2')
        subprocess.run(
            ('qemu-img', 'create', '-q', '-f', 'qcow2', *options, path,
             '3M'), check=True)
        return self.described(path, 'qcow2')

    def about(self):
        return self.disks._describe(self.disks.disk(UUID), 'qcow2')

    def refused(self, image):
        return str(self.assertRaises(
            exception.HypervisorError, self.disks.create, self.instance,
            image))

    def base_files(self):
        return sorted(
            name for name in os.listdir(os.path.join(self.path, '_base'))
            if not name.endswith('.lock'))


class TestCreate(TestCase):

    def test_raw_image(self):
        image = self.image()
        self.disks.create(self.instance, image)
        about = self.about()
        self.assertEqual(1 << 20, about['virtual-size'])
        self.assertEqual('raw', about['backing-filename-format'])
        self.assertEqual(os.path.join(self.path, '_base', image.checksum),
                         about['backing-filename'])
        self.assertEqual(b'', self.disks.read_console(UUID))
        self.assertEqual(32, len(self.disks.storage_id(UUID)))

    def test_qcow2_image(self):
        self.instance.root_gb = 1
        self.disks.create(self.instance, self.qcow2())
        about = self.about()
        self.assertEqual(1 << 30, about['virtual-size'])
        self.assertEqual('qcow2', about['backing-filename-format'])

    def test_base_is_copied_once(self):
        image = self.image()
        self.disks.create(self.instance, image)
        os.unlink(image.path)
        self.disks.create(self.instance, image)
        self.assertEqual([image.checksum], self.base_files())

    def test_copied_once_by_many(self):
        image = self.image()
        copies = []
        copy = self.disks._copy

        def count(image, part):
            copies.append(part)
            copy(image, part)

        self.disks._copy = count
        threads = [threading.Thread(target=self.disks.fetch, args=(image,))
                   for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(1, len(copies))
        self.assertEqual([image.checksum], self.base_files())

    def test_rest_of_a_cut_short_copy(self):
        image = self.image()
        part = os.path.join(
            self.path, '_base', image.checksum + '.host1.part')
        with open(part, 'wb') as rest:
            rest.write(b'x' * (2 << 20))
        self.disks.create(self.instance, image)
        self.assertEqual([image.checksum], self.base_files())
        self.assertEqual(1 << 20, self.about()['virtual-size'])

    def test_image_is_gone(self):
        image = self.image()
        os.unlink(image.path)
        self.assertIn('No such file', self.refused(image))
        self.assertEqual([], self.base_files())

    def test_image_was_changed(self):
        image = self.image()
        with open(image.path, 'ab') as changed:
            changed.write(b'!')
        self.assertIn('checksum', self.refused(image))
        self.assertEqual([], self.base_files())

    def test_image_that_names_another_file(self):
        raw = self.image()
        for options in (('-b', raw.path, '-F', 'raw'),
                        ('-o', 'data_file=%s.data' % raw.path)):
            self.assertIn('refers to another file',
                          self.refused(self.qcow2(*options)))
            self.assertEqual([], self.base_files())

    def test_image_of_another_format(self):
        image = self.image()
        image.disk_format = 'qcow2'
        self.assertIn('qemu-img info failed', self.refused(image))

    def test_image_is_larger_than_the_flavor(self):
        self.instance.root_gb = 1
        self.assertIn('needs a disk of 1025 MiB',
                      self.refused(self.image(size=1025 << 20)))

    def test_no_qemu_img(self):
        self.disks = disks.Disks(self.path, 'host1', '/no/qemu-img')
        self.assertIn('/no/qemu-img', self.refused(self.image()))

    def test_qemu_img_hangs(self):
        slow = os.path.join(self.conf.state_path, 'slow')
        with open(slow, 'w') as script:
            script.write('#!/bin/sh\nexec tail -f /dev/null\n')
        os.chmod(slow, stat.S_IRWXU)
        self.disks = disks.Disks(self.path, 'host1', slow)
        with mock.patch.object(disks, 'QEMU_IMG_TIMEOUT', 0.1):
            self.assertIn('timed out', self.refused(self.image()))


class TestFiles(TestCase):

    def test_remove(self):
        self.disks.create(self.instance, self.image())
        for _twice in range(2):
            self.disks.remove(UUID)
            self.assertEqual(['_base'], os.listdir(self.path))

    def test_nothing_outside_is_removed(self):
        for name in ('', '.', '..', '_base', UUID + '/..', '/etc'):
            self.assertRaises(ValueError, self.disks.remove, name)

    def test_console_is_read_from_its_end(self):
        self.disks.create(self.instance, self.image())
        with open(self.disks.console(UUID), 'wb') as log:
            log.write(b'a' * console_log.LIMIT + b'the end')
        text = self.disks.read_console(UUID)
        self.assertEqual(console_log.LIMIT, len(text))
        self.assertTrue(text.endswith(b'aathe end'))

    def test_console_goes_on_from_before(self):
        self.disks.create(self.instance, self.image())
        with open(self.disks.console(UUID), 'wb') as log:
            log.write(b'after')
            for _twice in range(2):
                self.disks.keep_console(UUID, b'bef\xff')
            self.assertNotIn('console.before.part',
                             os.listdir(self.disks.directory(UUID)))
            log.flush()
            self.assertEqual(
                b'bef\xffafter', self.disks.read_console(UUID))
            # It is the same file as before, as QEMU has it open.
            log.write(b' all')
        self.assertEqual(
            b'bef\xffafter all', self.disks.read_console(UUID))
        self.disks.keep_console(UUID, b'a' * console_log.LIMIT)
        text = self.disks.read_console(UUID)
        self.assertEqual(console_log.LIMIT, len(text))
        self.assertTrue(text.endswith(b'aaafter all'))
        self.disks.remove(UUID)
        self.assertEqual(b'', self.disks.read_console(UUID))

    def test_console_cannot_be_kept(self):
        error = self.assertRaises(exception.HypervisorError,
                                  self.disks.keep_console, UUID, b'x')
        self.assertIn('is not kept', str(error))

    def test_no_console(self):
        self.assertEqual(b'', self.disks.read_console(UUID))

    def test_storage_id(self):
        self.assertEqual('', self.disks.storage_id(UUID))
        self.disks.create(self.instance, self.image())
        other = disks.Disks(self.path, 'host2')
        self.assertEqual(self.disks.storage_id(UUID),
                         other.storage_id(UUID))

    def test_path_cannot_be_used(self):
        path = os.path.join(self.conf.state_path, 'file')
        with open(path, 'w'):
            self.assertRaises(exception.HypervisorError,
                              disks.Disks(path, 'host1').prepare)

    def test_size(self):
        self.assertIsInstance(self.disks.size_gb(), int)

    def test_cache_mode(self):
        open_really = os.open

        def open_strangely(path, flags, *arguments, **options):
            if flags & os.O_DIRECT:
                raise OSError(self.number, os.strerror(self.number))
            return open_really(path, flags, *arguments, **options)

        with mock.patch.object(os, 'open', open_strangely):
            self.number = errno.EROFS
            self.assertRaises(
                exception.HypervisorError, self.disks.cache_mode)
            self.number = errno.EINVAL
            self.assertEqual('writeback', self.disks.cache_mode())
        self.assertEqual(['_base'], os.listdir(self.path))


class TestGrow(TestCase):

    def setUp(self):
        super().setUp()
        self.disks.create(self.instance, self.image())

    def before(self):
        return os.path.exists(self.disks.disk(UUID) + '.before')

    def size(self):
        return self.about()['virtual-size']

    def test_grows_and_shrinks_back(self):
        for _twice in range(2):
            self.disks.grow(UUID, 1)
            self.assertEqual((1 << 30, True), (self.size(), self.before()))
        for _twice in range(2):
            self.disks.shrink_back(UUID)
            self.assertEqual((1 << 20, False), (self.size(), self.before()))

    def test_keeps_its_size(self):
        self.disks.grow(UUID, 1)
        for _twice in range(2):
            self.disks.keep_size(UUID)
            self.assertEqual((1 << 30, False), (self.size(), self.before()))
        self.disks.shrink_back(UUID)
        self.assertEqual(1 << 30, self.size())

    def test_cut_after_the_copy(self):
        """What was kept is what the disk was, however often it is tried."""
        run, self.disks._run = self.disks._run, self.cut
        self.assertRaises(ValueError, self.disks.grow, UUID, 1)
        self.assertEqual((1 << 20, True), (self.size(), self.before()))
        self.disks._run = run
        self.disks.grow(UUID, 1)
        self.disks.shrink_back(UUID)
        self.assertEqual(1 << 20, self.size())

    def cut(self, *arguments):
        if arguments[0] == 'resize':
            raise ValueError('killed')
        return json.dumps({'virtual-size': 1 << 20})

    def test_no_larger(self):
        self.disks.grow(UUID, 0)
        self.assertEqual((1 << 20, False), (self.size(), self.before()))

    def test_no_smaller(self):
        self.disks.grow(UUID, 2)
        for fits in (0, 2, 3):
            self.disks.check_size(UUID, fits)
        error = self.assertRaises(
            exception.MigrationPreCheckError, self.disks.check_size, UUID, 1)
        self.assertIn('at least 2 GiB', str(error))

    def test_disk_that_cannot_be_read(self):
        self.disks.remove(UUID)
        error = self.assertRaises(
            exception.HypervisorError, self.disks.grow, UUID, 1)
        self.assertIn('qemu-img info failed', str(error))
