"""What the two ends of a live migration tell each other beforehand."""

from oslo_utils import versionutils

from nova_gs.objects import base
from nova_gs.objects import fields


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
    """

    # 1.1: block_migration, disks
    VERSION = '1.1'
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
    }

    @property
    def knows_blocks(self):
        """Whether whoever made this can be asked to copy disks."""
        return versionutils.convert_version_to_tuple(self.VERSION) >= (1, 1)

    def obj_make_compatible(self, primitive, target_version):
        super().obj_make_compatible(primitive, target_version)
        if target_version == '1.0':
            for name in ('block_migration', 'disks'):
                primitive.pop(name, None)
