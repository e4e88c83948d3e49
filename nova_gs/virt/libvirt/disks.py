"""The guests' files in instances_path.

::

    instances_path/
      _base/<checksum>      a copy of each image in use, never written again
      <uuid>/disk           qcow2, what the guest changed against its base
      <uuid>/console.log    what it wrote to its serial port
      <uuid>/storage-id     a random word by which the other host of a
                            migration knows that it sees this very directory

Bases are not removed: a new guest of the same image starts at once.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess

from oslo_log import log as logging
from oslo_utils import units
from oslo_utils import uuidutils

from nova_gs import exception

LOG = logging.getLogger(__name__)

# qemu-img only reads or writes a header here; longer means dead storage.
QEMU_IMG_TIMEOUT = 60
CHUNK = 4 * units.Mi
# The end of a longer console log is what is of interest.
CONSOLE_LIMIT = 1 * units.Mi


class Disks:
    """The files of this host's guests.

    :param path: absolute path of instances_path
    :param host: name of this host
    :param qemu_img: name or path of the program
    """

    def __init__(self, path, host, qemu_img='qemu-img'):
        self.path = os.path.abspath(path)
        self._host = host
        self._qemu_img = qemu_img
        self._cache_mode = None

    def prepare(self):
        """Make instances_path; raises HypervisorError."""
        with self._reported('instances_path %s cannot be used' % self.path):
            os.makedirs(os.path.join(self.path, '_base'), exist_ok=True)

    def disk(self, uuid):
        """Return the path of a guest's disk."""
        return os.path.join(self._directory(uuid), 'disk')

    def console(self, uuid):
        """Return the path of a guest's console log."""
        return os.path.join(self._directory(uuid), 'console.log')

    def storage_marker(self, uuid):
        """Return the path of a guest's storage-id."""
        return os.path.join(self._directory(uuid), 'storage-id')

    def storage_id(self, uuid):
        """Return the word in a guest's storage-id, '' if there is none."""
        try:
            with open(self.storage_marker(uuid), encoding='ascii') as marker:
                return marker.read()
        except (OSError, UnicodeDecodeError):
            return ''

    def create(self, instance, image):
        """Make the files of a new guest.

        :param instance: objects.Instance; its disk has ``root_gb`` GiB, or
            the image's size when that is 0
        :param image: objects.Image
        :raises: HypervisorError; what was made is the caller's to remove
        """
        with self._reported('The disk of guest %s was not made'
                            % instance.uuid):
            base = self._fetch(image)
            size = self._size(instance, image, base)
            os.makedirs(self._directory(instance.uuid), exist_ok=True)
            self._run('create', '-q', '-f', 'qcow2', '-b', base, '-F',
                      image.disk_format, self.disk(instance.uuid), str(size))
            # QEMU may run as a user who must not make files here.
            with open(self.console(instance.uuid), 'ab'):
                pass
            with open(self.storage_marker(instance.uuid), 'w',
                      encoding='ascii') as marker:
                marker.write(secrets.token_hex(16))

    def remove(self, uuid):
        """Remove a guest's files; they may be gone already."""
        directory = self._directory(uuid)
        with self._reported('The files of guest %s were not removed' % uuid):
            while True:
                try:
                    shutil.rmtree(directory)
                    return
                except FileNotFoundError as error:
                    # Someone else removes the same; what is left is ours.
                    if error.filename == directory:
                        return

    def read_console(self, uuid):
        """Return the last MiB (CONSOLE_LIMIT) of a console log as bytes."""
        with self._reported('The console log of guest %s is not readable'
                            % uuid):
            try:
                with open(self.console(uuid), 'rb') as log:
                    size = log.seek(0, os.SEEK_END)
                    log.seek(max(0, size - CONSOLE_LIMIT))
                    return log.read(CONSOLE_LIMIT)
            except FileNotFoundError:
                return b''

    def size_gb(self):
        """Return the size of the storage in GiB."""
        with self._reported('instances_path %s cannot be used' % self.path):
            stat = os.statvfs(self.path)
        return stat.f_frsize * stat.f_blocks // units.Gi

    def cache_mode(self):
        """Return how QEMU may use the page cache: ``none`` where possible.

        Past the page cache, two hosts cannot have different ideas of a disk.
        Some file systems (overlays, tmpfs before Linux 6.6) have no way past
        it.
        """
        if self._cache_mode is None:
            with self._reported('instances_path %s cannot be used'
                                % self.path):
                self._cache_mode = (
                    'none' if self._has_direct_io() else 'writeback')
        return self._cache_mode

    def _has_direct_io(self):
        probe = os.path.join(
            self.path, '.direct-io-%s' % secrets.token_hex(8))
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_DIRECT
        try:
            os.close(os.open(probe, flags, 0o600))
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return False
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(probe)
        return True

    def _directory(self, uuid):
        # Whatever is made or removed is below this path.
        if not uuidutils.is_uuid_like(uuid):
            raise ValueError('%r is not a UUID' % uuid)
        return os.path.join(self.path, uuid)

    def _fetch(self, image):
        """Return the path of an image's base, copied when it is not there."""
        base = os.path.join(self.path, '_base', image.checksum)
        if os.path.exists(base):
            return base
        os.makedirs(os.path.dirname(base), exist_ok=True)
        # The lock saves work; between hosts it may not hold, so the copy's
        # name is this host's. One that was cut short is written over.
        with open(base + '.lock', 'ab') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(base):
                part = '%s.%s.part' % (base, self._host)
                try:
                    self._copy(image, part)
                    os.replace(part, base)
                except BaseException:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(part)
                    raise
        return base

    def _copy(self, image, part):
        digest = hashlib.sha256()
        with open(image.path, 'rb') as source, open(part, 'wb') as copy:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        if digest.hexdigest() != image.checksum:
            raise exception.HypervisorError(
                reason='The file of image %s is not what it was when it was '
                       'added (its checksum differs). Add it anew.'
                       % image.id)
        self._check_alone(image, part)

    def _check_alone(self, image, path):
        # A crafted image could name any file of this host as its backing
        # file, and its guest would read it.
        about = self._describe(path, image.disk_format)
        details = about.get('format-specific', {}).get('data', {})
        if about.get('backing-filename') or details.get('data-file'):
            raise exception.HypervisorError(
                reason='Image %s refers to another file. Convert it to one '
                       'that stands alone (qemu-img convert) and add it '
                       'anew.' % image.id)

    def _size(self, instance, image, base):
        """Return the size of a new disk in bytes."""
        virtual = self._describe(base, image.disk_format)['virtual-size']
        size = instance.root_gb * units.Gi or virtual
        if size < virtual:
            raise exception.HypervisorError(
                reason='Image %s needs a disk of %d MiB, more than the %d '
                       'GiB of the flavor.' % (
                           image.id, -(-virtual // units.Mi),
                           instance.root_gb))
        return size

    def _describe(self, path, disk_format):
        return json.loads(self._run(
            'info', '--force-share', '--output=json', '-f', disk_format,
            path))

    def _run(self, *arguments):
        result = subprocess.run(
            (self._qemu_img, *arguments), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=QEMU_IMG_TIMEOUT, check=False,
            encoding='utf-8', errors='replace')
        if result.returncode:
            raise exception.HypervisorError(
                reason='qemu-img %s failed: %s' % (
                    arguments[0], result.stderr.strip()))
        return result.stdout

    @contextlib.contextmanager
    def _reported(self, problem):
        """Say what failed, where the system only says why."""
        try:
            yield
        except (OSError, subprocess.SubprocessError) as error:
            raise exception.HypervisorError(
                reason='%s: %s.' % (problem, error)) from error
