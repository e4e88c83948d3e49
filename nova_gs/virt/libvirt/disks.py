"""The guests' files in instances_path.

::

    instances_path/
      _base/<checksum>      a copy of each image in use, never written again
      <uuid>/disk           qcow2, what the guest changed against its base
      <uuid>/disk.eph0      qcow2, the flavor's ephemeral disk
      <uuid>/disk.swap      raw, the flavor's swap
      <uuid>/console.log    what it wrote to its serial port
      <uuid>/console.before what it had written before a block migration
                            brought it here
      <uuid>/disk.before    a copy of a disk that has grown since, until the
                            resize is confirmed or reverted
      <uuid>/storage-id     a random word by which the other host of a
                            migration knows that it sees this very directory
      <uuid>/incoming,      a block migration is under way (``baggage``)
      <uuid>/leaving

Bases are not removed: a new guest of the same image starts at once.
"""

import contextlib
import dataclasses
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
from nova_gs.virt.libvirt import console_log

LOG = logging.getLogger(__name__)

# qemu-img only reads or writes a header here; longer means dead storage.
QEMU_IMG_TIMEOUT = 60
CHUNK = 4 * units.Mi


#: Files that say what becomes of the others: they are removed last.
MARKERS = ('incoming', 'leaving')


@dataclasses.dataclass(frozen=True)
class Disk:
    """One disk of a guest.

    :param file: name of its file in the guest's directory
    :param format: ``qcow2`` or ``raw``
    :param size: what the guest sees, in bytes
    """

    file: str
    format: str
    size: int = 0


ROOT = Disk('disk', 'qcow2')


def others_of(instance):
    """Return the ``Disk`` of each but the first that an instance has.

    :param instance: objects.Instance; its flavor says so
    """
    flavor = instance.flavor
    if flavor is None:
        return ()
    wanted = (Disk('disk.eph0', 'qcow2', flavor.ephemeral_gb * units.Gi),
              Disk('disk.swap', 'raw', flavor.swap * units.Mi))
    return tuple(disk for disk in wanted if disk.size)


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
        with self.reported('instances_path %s cannot be used' % self.path):
            os.makedirs(os.path.join(self.path, '_base'), exist_ok=True)

    def disk(self, uuid, name=ROOT.file):
        """Return the path of a guest's disk."""
        return os.path.join(self.directory(uuid), name)

    def all_of(self, instance):
        """Return (path, format) of each disk of a guest, the root first."""
        return [(self.disk(instance.uuid, disk.file), disk.format)
                for disk in (ROOT, *others_of(instance))]

    def base(self, name):
        """Return the path of the base with a name: an image's checksum."""
        return os.path.join(self.path, '_base', name)

    def console(self, uuid):
        """Return the path of a guest's console log."""
        return os.path.join(self.directory(uuid), console_log.LOG)

    def storage_marker(self, uuid):
        """Return the path of a guest's storage-id."""
        return os.path.join(self.directory(uuid), 'storage-id')

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
        with self.reported('The disk of guest %s was not made'
                           % instance.uuid):
            base = self.fetch(image)
            size = self._size(instance, image, base)
            os.makedirs(self.directory(instance.uuid), exist_ok=True)
            self.make(instance.uuid, dataclasses.replace(ROOT, size=size),
                      base, image.disk_format)
            for disk in others_of(instance):
                self.make(instance.uuid, disk)
            self.furnish(instance.uuid)

    def make(self, uuid, disk, base=None, base_format=None):
        """Make one empty disk in a guest's directory.

        :param disk: Disk
        :param base: path of what it shows where nothing was written, or None
        :raises: HypervisorError
        """
        backing = () if base is None else ('-b', base, '-F', base_format)
        self._run('create', '-q', '-f', disk.format, *backing,
                  self.disk(uuid, disk.file), str(disk.size))

    def furnish(self, uuid):
        """Make what a guest's directory has besides disks.

        :returns: the random word in its new storage-id
        """
        # QEMU may run as a user who must not make files here.
        with open(self.console(uuid), 'ab'):
            pass
        word = secrets.token_hex(16)
        with open(self.storage_marker(uuid), 'w', encoding='ascii') as marker:
            marker.write(word)
        return word

    def check_size(self, uuid, root_gb):
        """Refuse a size that is less than a disk has.

        :param root_gb: GiB; 0 for what it has
        :raises: MigrationPreCheckError, HypervisorError
        """
        size = self._virtual_size(uuid)
        if 0 < root_gb * units.Gi < size:
            raise exception.MigrationPreCheckError(
                reason='the disk of guest %s has %d MiB and cannot be made '
                       'smaller. Choose a flavor with at least %d GiB of '
                       'root disk.' % (uuid, -(-size // units.Mi),
                                       -(-size // units.Gi)))

    def grow(self, uuid, root_gb):
        """Make a disk larger, if it is smaller; keep what it was.

        May be repeated, wherever it was cut.

        :param root_gb: GiB
        :raises: HypervisorError
        """
        with self.reported('The disk of guest %s was not made larger'
                           % uuid):
            if self._virtual_size(uuid) >= root_gb * units.Gi:
                return
            if not os.path.exists(self._before(uuid)):
                part = self._before(uuid) + '.part'
                shutil.copyfile(self.disk(uuid), part)
                os.replace(part, self._before(uuid))
            self._run('resize', '-q', '-f', 'qcow2', self.disk(uuid),
                      str(root_gb * units.Gi))

    def keep_size(self, uuid):
        """Forget what a disk was before it grew, if it did."""
        with self.reported('What the disk of guest %s was before its resize '
                           'was not removed' % uuid):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._before(uuid))

    def shrink_back(self, uuid):
        """Make a disk what it was before it grew, if it did."""
        with self.reported('What the disk of guest %s was before its resize '
                           'was not put back' % uuid):
            with contextlib.suppress(FileNotFoundError):
                os.replace(self._before(uuid), self.disk(uuid))

    def _before(self, uuid):
        return self.disk(uuid) + '.before'

    def _virtual_size(self, uuid):
        return self._describe(self.disk(uuid), 'qcow2')['virtual-size']

    def remove(self, uuid):
        """Remove a guest's files; they may be gone already."""
        directory = self.directory(uuid)
        with self.reported('The files of guest %s were not removed' % uuid):
            while True:
                try:
                    _remove_but(directory, MARKERS)
                    shutil.rmtree(directory)
                    return
                except FileNotFoundError as error:
                    # Someone else removes the same; what is left is ours.
                    if error.filename == directory:
                        return

    def read_console(self, uuid):
        """Return the end of all that a guest wrote, as bytes."""
        with self.reported('The console log of guest %s is not readable'
                           % uuid):
            return console_log.read(self.directory(uuid))

    def keep_console(self, uuid, written):
        """Keep what a guest wrote elsewhere, before what it writes here."""
        with self.reported('What guest %s wrote before is not kept' % uuid):
            console_log.keep(self.directory(uuid), written)

    def free_bytes(self):
        """Return what the storage has left for this service."""
        with self.reported('instances_path %s cannot be used' % self.path):
            stat = os.statvfs(self.path)
        return stat.f_frsize * stat.f_bavail

    def size_gb(self):
        """Return the size of the storage in GiB."""
        with self.reported('instances_path %s cannot be used' % self.path):
            stat = os.statvfs(self.path)
        return stat.f_frsize * stat.f_blocks // units.Gi

    def cache_mode(self):
        """Return how QEMU may use the page cache: ``none`` where possible.

        Past the page cache, two hosts cannot have different ideas of a disk.
        Some file systems (overlays, tmpfs before Linux 6.6) have no way past
        it.
        """
        if self._cache_mode is None:
            with self.reported('instances_path %s cannot be used'
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

    def directory(self, uuid):
        """Return the path of a guest's directory."""
        # Whatever is made or removed is below this path.
        if not uuidutils.is_uuid_like(uuid):
            raise ValueError('%r is not a UUID' % uuid)
        return os.path.join(self.path, uuid)

    def fetch(self, image):
        """Return the path of an image's base, copied when it is not there.

        :param image: objects.Image
        :raises: HypervisorError, OSError
        """
        base = self.base(image.checksum)
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
    def reported(self, problem):
        """Say what failed, where the system only says why."""
        try:
            yield
        except (OSError, subprocess.SubprocessError) as error:
            raise exception.HypervisorError(
                reason='%s: %s.' % (problem, error)) from error


def _remove_but(directory, kept):
    """Remove the files of a directory, but for those with certain names."""
    for entry in os.scandir(directory):
        if entry.name in kept:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
