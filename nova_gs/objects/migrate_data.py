"""What the two ends of a live migration tell each other beforehand."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class MigrateData(base.NovaObject):
    """Facts that the source states and the destination completes.

    ``storage_marker`` is the absolute path of a file that the source made
    in its ``instances_path``; a destination on the same storage sees it.
    """

    VERSION = '1.0'
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
    }
