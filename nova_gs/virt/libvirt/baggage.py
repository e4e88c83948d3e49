"""What a block migration makes of a guest's files, and leaves, at each end.

The destination makes empty disks for the guest, and the source has disks
left when it is gone.  Which files may be removed when it is over is written
beside them, as nobody else would know it after a crash::

    <uuid>/incoming       at a destination, until the guest has arrived
    <uuid>/leaving        at a source, until it is clear that the guest stays

On storage that both hosts share neither is ever made, so nothing is ever
removed from it.  A marker names the host that made it, and the storage-id
(``disks``) of the other end: should that be the one that is beside it, both
ends are the same directory, and it stays.
"""

import contextlib
import json
import os

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt.libvirt import disks as disks_module

LOG = logging.getLogger(__name__)

INCOMING, LEAVING = disks_module.MARKERS


class Baggage:
    """The files of guests that come to a host, or leave it.

    :param disks: disks.Disks
    :param host: name of this host
    """

    def __init__(self, disks, host):
        self._disks = disks
        self._host = host

    def find_obstacle(self, uuid):
        """Return the path of what is in the way of a guest, or None.

        What an earlier migration has left here is not.
        """
        directory = self._disks.directory(uuid)
        if self._mark(uuid, INCOMING) or self._mark(uuid, LEAVING):
            return None
        with self._reported('seen', uuid):
            try:
                return directory if os.listdir(directory) else None
            except FileNotFoundError:
                return None

    def expect(self, uuid, data, image):
        """At the destination: make the disks that a guest's are copied to.

        :param data: objects.MigrateData of a block migration; what was made
            is written into it
        :param image: objects.Image of the guest, None where it is gone
        :raises: HypervisorError; ``drop`` removes what was made by then
        """
        obstacle = self.find_obstacle(uuid)
        if obstacle:
            raise exception.HypervisorError(
                reason='%s on host %s is in the way.' % (
                    obstacle, self._host))
        self.drop(uuid, INCOMING)
        self.drop(uuid, LEAVING)
        with self._reported('made', uuid):
            os.makedirs(self._disks.directory(uuid), exist_ok=True)
            self._put(uuid, INCOMING, data.details['storage_id'])
            data.disks = self._with_bases(data.disks, image)
            for one in data.disks.values():
                self._make(uuid, one)
            data.details['dest_storage_id'] = self._disks.furnish(uuid)
        data.details['dest_instances_path'] = self._disks.path
        data.details['dest_cache_mode'] = self._disks.cache_mode()

    def _with_bases(self, disks, image):
        """Return what disks are to be made, given the bases that are here.

        Where one cannot be had, every disk is copied as a whole.
        """
        if all(self._has_base(one['base'], image)
               for one in disks.values() if one['base']):
            return disks
        return {target: dict(one, base=None) for target, one in disks.items()}

    def _has_base(self, name, image):
        if os.path.exists(self._disks.base(name)):
            return True
        if image is None or image.checksum != name:
            return False
        try:
            self._disks.fetch(image)
        except (OSError, exception.HypervisorError) as error:
            reason = str(error)
        else:
            return True
        LOG.warning('Image %s cannot be had, so disks made of it are copied '
                    'as a whole: %s', image.id, reason)
        return False

    def _make(self, uuid, one):
        base = one['base'] and self._disks.base(one['base'])
        self._disks.make(
            uuid, disks_module.Disk(one['file'], one['format'], one['size']),
            base, one['base_format'])

    def pledge(self, uuid, storage_id):
        """At the source: the files go with the guest once it is gone.

        :param storage_id: that of the destination
        :raises: HypervisorError
        """
        with self._reported('marked', uuid):
            self._put(uuid, LEAVING, storage_id)

    def keep(self, uuid):
        """The guest is here, and so are its files.

        :raises: HypervisorError
        """
        with self._reported('kept', uuid):
            for mark in disks_module.MARKERS:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._path(uuid, mark))

    def drop(self, uuid, mark):
        """The guest is elsewhere: remove its files, if they are to go.

        :param mark: INCOMING at a destination, LEAVING at a source
        :raises: HypervisorError
        """
        marked = self._mark(uuid, mark)
        if marked is None or marked['host'] != self._host:
            return
        if self._disks.storage_id(uuid) == marked['other']:
            LOG.warning('The files of guest %s stay: both ends of its '
                        'migration have the same.', uuid)
            return
        self._disks.remove(uuid)

    def is_expected(self, uuid):
        """Whether a guest's files here were made for its arrival."""
        marked = self._mark(uuid, INCOMING)
        return marked is not None and marked['host'] == self._host

    def _path(self, uuid, mark):
        return os.path.join(self._disks.directory(uuid), mark)

    def _put(self, uuid, mark, other):
        with open(self._path(uuid, mark), 'w', encoding='utf-8') as out:
            json.dump({'host': self._host, 'other': other}, out)
            out.flush()
            os.fsync(out.fileno())

    def _mark(self, uuid, mark):
        """Return what a marker says, None without one.

        One that was cut says nothing: what it is beside is not known.
        """
        with self._reported('seen', uuid):
            try:
                with open(self._path(uuid, mark), encoding='utf-8') as file:
                    return json.load(file)
            except FileNotFoundError:
                return None
            except ValueError:
                return {'host': None, 'other': None}

    def _reported(self, what, uuid):
        return self._disks.reported(
            'The files of guest %s were not %s' % (uuid, what))
