"""Instances: the guests as their users know them."""

from oslo_utils import versionutils

from nova_gs.objects import base
from nova_gs.objects import fields
from nova_gs.objects import flavor as flavor_obj
from nova_gs.objects import port as port_obj
from nova_gs.objects import sizes

#: Which fields came after version 1.0: (version, names).
_SINCE = (
    ((1, 1), ('locked_by', 'locked_reason')),
    ((1, 2), ('ports',)),
)


@base.NovaObjectRegistry.register
class Instance(base.NovaObject):
    """One instance; memory in MiB, disk in GiB.

    ``flavor`` is a copy made at the build, ``fault`` has ``code``,
    ``message``, ``created`` and ``details``.
    """

    # 1.1: locked_by, locked_reason; lock, unlock, note_power
    # 1.2: ports
    VERSION = '1.2'
    fields = {
        'id': fields.IntegerField(),
        'uuid': fields.StringField(),
        'display_name': fields.StringField(nullable=True),
        'hostname': fields.StringField(nullable=True),
        'user_id': fields.StringField(nullable=True),
        'project_id': fields.StringField(nullable=True),
        'host': fields.StringField(nullable=True),
        'node': fields.StringField(nullable=True),
        'vm_state': fields.StringField(nullable=True),
        'task_state': fields.StringField(nullable=True),
        'power_state': fields.IntegerField(default=0),
        'flavor': fields.ObjectField('Flavor', nullable=True),
        'image_ref': fields.StringField(nullable=True),
        'memory_mb': fields.IntegerField(default=0),
        'vcpus': fields.IntegerField(default=0),
        'root_gb': fields.IntegerField(default=0),
        'availability_zone': fields.StringField(nullable=True),
        'launch_index': fields.IntegerField(default=0),
        'reservation_id': fields.StringField(nullable=True),
        'key_name': fields.StringField(nullable=True),
        'metadata': fields.DictOfStringsField(default={}),
        'locked': fields.BooleanField(default=False),
        'locked_by': fields.StringField(nullable=True),
        'locked_reason': fields.StringField(nullable=True),
        'description': fields.StringField(nullable=True),
        'tags': fields.ListOfStringsField(default=[]),
        'user_data': fields.StringField(nullable=True),
        'config_drive': fields.BooleanField(default=False),
        'progress': fields.IntegerField(default=0),
        'fault': fields.JsonField(nullable=True),
        'ports': fields.ListOfObjectsField('Port', default=[]),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
        'launched_at': fields.DateTimeField(nullable=True),
        'terminated_at': fields.DateTimeField(nullable=True),
        'deleted': fields.BooleanField(default=False),
    }

    @property
    def disk_gb(self):
        """GiB of disk that it takes."""
        if self.flavor is None:
            return self.root_gb
        return sizes.disk_gb(
            self.root_gb, self.flavor.ephemeral_gb, self.flavor.swap)

    def obj_make_compatible(self, primitive, target_version):
        super().obj_make_compatible(primitive, target_version)
        for since, names in _SINCE:
            if versionutils.convert_version_to_tuple(target_version) < since:
                for name in names:
                    primitive.pop(name, None)

    @classmethod
    def from_row(cls, context, row):
        """Return an unchanged instance; what is nested is dicts in it."""
        size = row.get('flavor')
        if isinstance(size, dict):
            row = dict(row, flavor=flavor_obj.Flavor.from_row(context, size))
        if 'ports' in row:
            row = dict(row, ports=[
                port_obj.Port.from_row(context, port)
                for port in row['ports'] or ()])
        return super().from_row(context, row)

    @classmethod
    def columns(cls, updates):
        """Return field updates as the store takes them: plain values.

        :param updates: dict of values by field name, or None
        """
        if not updates:
            return updates
        plain, size = dict(updates), updates.get('flavor')
        if size is not None:
            plain['flavor'] = size.as_dict()
        if 'ports' in plain:
            plain['ports'] = [port.columns() for port in plain['ports']]
        return plain

    @classmethod
    @base.remotable
    def get_by_uuid(cls, context, uuid):
        """Return one instance.

        :raises: InstanceNotFound, also for a deleted one
        """
        return cls.from_row(context, base.store().instances.get_by_uuid(uuid))

    @base.remotable
    def create(self):
        """Write this new instance; what is not set gets its default.

        :raises: AlreadyExists when its uuid is taken
        """
        row = base.store().instances.create(
            self.columns(self.obj_get_changes()))
        self.absorb(self.from_row(self._context, row))

    @base.remotable
    def save(self):
        """Write the changed fields, whatever the record says by now.

        :raises: InstanceNotFound
        """
        changes = self.columns(self.obj_get_changes())
        if changes:
            row = base.store().instances.update(self.uuid, changes)
            self.absorb(self.from_row(self._context, row))

    @base.remotable
    def lock(self, by, reason=None):
        """Keep users from changing it; an action of its own.

        :param by: one of ``fields.LockedBy``
        :param reason: what users read, or None
        :raises: InstanceNotFound
        """
        self._change_lock('lock', locked=True, locked_by=by,
                          locked_reason=reason)

    @base.remotable
    def unlock(self):
        """Let users change it again; raises InstanceNotFound."""
        self._change_lock('unlock', locked=False, locked_by=None,
                          locked_reason=None)

    @base.remotable
    def note_power(self, changes, told=None):
        """Take down what the hypervisor has, unless something was asked.

        :param changes: dict with ``power_state``, ``vm_state``
        :param told: what the user reads, as an action of its own; None:
            nothing
        :returns: whether the record is still as this object has it
        """
        row = base.store().instances.note_power(
            self._context, self.uuid, self.updated_at, changes, told)
        if row is None:
            return False
        self.absorb(self.from_row(self._context, row))
        return True

    def _change_lock(self, action, **changes):
        row = base.store().instances.change_lock(
            self._context, self.uuid, action, changes)
        self.absorb(self.from_row(self._context, row))


@base.NovaObjectRegistry.register
class InstanceList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = Instance
    fields = {'objects': fields.ListOfObjectsField('Instance')}

    @classmethod
    @base.remotable
    def get_by_filters(cls, context, filters, limit=None, marker=None,
                       sort_key='created_at', sort_dir='desc'):
        """Return the instances that match all filters.

        :param filters: dict; see ``db.instance.Instances.get_by_filters``
        :param limit: most items to return, None for all
        :param marker: uuid of the last item of the page before
        :param sort_dir: ``asc`` or ``desc``
        :raises: Invalid for an unknown filter, sort key or marker
        """
        return cls.from_rows(context, base.store().instances.get_by_filters(
            filters, limit=limit, marker=marker, sort_key=sort_key,
            sort_dir=sort_dir))

    @classmethod
    @base.remotable
    def get_by_host(cls, context, host):
        """Return the instances that are not deleted and live on a host."""
        return cls.from_rows(
            context, base.store().instances.get_by_host(host))
