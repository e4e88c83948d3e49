"""Compute nodes: what hosts have, and how much of it is given out."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class ComputeNode(base.NovaObject):
    """One hypervisor host; memory in MiB, disk in GiB.

    The ``*_used`` fields and ``running_vms`` are derived when it is read:
    from the instances that live there and the migrations on their way.
    """

    # 1.1: disk_allocation_ratio
    VERSION = '1.1'
    fields = {
        'id': fields.IntegerField(),
        'uuid': fields.StringField(),
        'host': fields.StringField(),
        'hypervisor_hostname': fields.StringField(nullable=True),
        'hypervisor_type': fields.StringField(nullable=True),
        'hypervisor_version': fields.IntegerField(default=0),
        'host_ip': fields.StringField(nullable=True),
        'vcpus': fields.IntegerField(default=0),
        'memory_mb': fields.IntegerField(default=0),
        'local_gb': fields.IntegerField(default=0),
        'cpu_info': fields.JsonField(default={}),
        'vcpus_used': fields.IntegerField(default=0),
        'memory_mb_used': fields.IntegerField(default=0),
        'local_gb_used': fields.IntegerField(default=0),
        'running_vms': fields.IntegerField(default=0),
        'generation': fields.IntegerField(default=0),
        'reserved_memory_mb': fields.IntegerField(default=0),
        'ram_allocation_ratio': fields.FloatField(default=1.0),
        'cpu_allocation_ratio': fields.FloatField(default=1.0),
        'disk_allocation_ratio': fields.FloatField(default=1.0),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
    }

    def obj_make_compatible(self, primitive, target_version):
        super().obj_make_compatible(primitive, target_version)
        if target_version == '1.0':
            primitive.pop('disk_allocation_ratio', None)

    @classmethod
    @base.remotable
    def report(cls, context, host, facts):
        """Write what a host has; makes the record when there is none.

        :param facts: dict of any fields but the derived ones, ``id``,
                      ``uuid``, ``host`` and ``generation``
        :returns: the ComputeNode
        """
        return cls.from_row(
            context, base.store().compute_nodes.report(host, facts))

    @classmethod
    @base.remotable
    def get_by_host(cls, context, host):
        """Return the node of a host.

        :raises: HypervisorNotFound
        """
        return cls.from_row(
            context, base.store().compute_nodes.get_by_host(host))

    @classmethod
    @base.remotable
    def get_by_uuid(cls, context, uuid):
        """Return one node.

        :raises: HypervisorNotFound
        """
        return cls.from_row(
            context, base.store().compute_nodes.get_by_uuid(uuid))


@base.NovaObjectRegistry.register
class ComputeNodeList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = ComputeNode
    fields = {'objects': fields.ListOfObjectsField('ComputeNode')}

    @classmethod
    @base.remotable
    def get_all(cls, context):
        """Return the nodes of all hosts, in order of id."""
        return cls.from_rows(context, base.store().compute_nodes.get_all())
