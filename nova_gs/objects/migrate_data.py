"""What the two ends of a live migration tell each other beforehand."""

from oslo_utils import versionutils

from nova_gs.objects import base
from nova_gs.objects import fields

#: What each version has brought.
_SINCE = {
    (1, 1): ('block_migration', 'disks'),
    (1, 2): ('ports', 'plugged', 'waits_for'),
}


@base.NovaObjectRegistry.register
class MigrateData(base.NovaObject):
    """Facts that the source states and the destination completes.

    ``storage_marker`` is the absolute path of a file that the source made
    in its ``instances_path``; a destination on the same storage sees it.

    ``block_migration`` says whether the disks are copied; before the
    destination has decided it is what the user wants, None for whatever can
    be.  ``disks`` has what a copy needs to know of each, by its name in the
    guest (``vda``): ``file`` in the guest's directory, ``format``, ``size``
    and ``used`` in bytes, ``base`` (checksum of the image below it, or None)
    and ``base_format``.  None: they cannot be copied.

    ``ports`` are the guest's, as they are bound at the destination while it
    still is at the source; unset where they follow it only when it has
    arrived.  ``plugged`` has the IDs of those that the destination needs
    nothing more for, so that the network can tell of them.  ``waits_for`` is
    what the source waits for before it begins to copy, or None: ``events``
    ([name, tag] each), ``after`` (id of the event after which they count),
    ``timeout`` in seconds, and ``is_fatal``.
    """

    # 1.1: block_migration, disks
    # 1.2: ports, plugged, waits_for
    VERSION = '1.2'
    fields = {
        'source_host': fields.StringField(nullable=True),
        'dest_host': fields.StringField(nullable=True),
        'hypervisor_type': fields.StringField(nullable=True),
        'hypervisor_version': fields.IntegerField(nullable=True),
        'storage_marker': fields.StringField(nullable=True),
        'target_uri': fields.StringField(nullable=True),
        'target_addr': fields.StringField(nullable=True),
        'machine_type': fields.StringField(nullable=True),
        'details': fields.DictOfStringsField(default={}),
        'block_migration': fields.BooleanField(nullable=True),
        'disks': fields.JsonField(nullable=True),
        'ports': fields.ListOfObjectsField('Port'),
        'plugged': fields.ListOfStringsField(),
        'waits_for': fields.JsonField(nullable=True),
    }

    @property
    def knows_blocks(self):
        """Whether whoever made this can be asked to copy disks."""
        return versionutils.convert_version_to_tuple(self.VERSION) >= (1, 1)

    @property
    def knows_ports(self):
        """Whether both ends can have ports bound before the guest moves."""
        return versionutils.convert_version_to_tuple(self.VERSION) >= (1, 2)

    def told(self, name):
        """Return a field; None where nobody has said anything of it."""
        return getattr(self, name) if self.obj_attr_is_set(name) else None

    def obj_make_compatible(self, primitive, target_version):
        super().obj_make_compatible(primitive, target_version)
        unknown = [name for since, names in _SINCE.items()
                   if versionutils.convert_version_to_tuple(target_version)
                   < since for name in names]
        for name in unknown:
            primitive.pop(name, None)
