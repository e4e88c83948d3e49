"""Instances: the guests as their users know them."""

from nova_gs.objects import base
from nova_gs.objects import fields
from nova_gs.objects import flavor as flavor_obj


@base.NovaObjectRegistry.register
class Instance(base.NovaObject):
    """One instance; memory in MiB, disk in GiB.

    ``flavor`` is a copy made at the build, ``fault`` has ``code``,
    ``message``, ``created`` and ``details``.
    """

    VERSION = '1.0'
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
        'description': fields.StringField(nullable=True),
        'tags': fields.ListOfStringsField(default=[]),
        'user_data': fields.StringField(nullable=True),
        'config_drive': fields.BooleanField(default=False),
        'progress': fields.IntegerField(default=0),
        'fault': fields.JsonField(nullable=True),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
        'launched_at': fields.DateTimeField(nullable=True),
        'terminated_at': fields.DateTimeField(nullable=True),
        'deleted': fields.BooleanField(default=False),
    }

    @classmethod
    def from_row(cls, context, row):
        """Return an unchanged instance; its flavor is a dict in the row."""
        size = row.get('flavor')
        if isinstance(size, dict):
            row = dict(row, flavor=flavor_obj.Flavor.from_row(context, size))
        return super().from_row(context, row)

    @classmethod
    def columns(cls, updates):
        """Return field updates as the store takes them: plain values.

        :param updates: dict of values by field name, or None
        """
        if not updates or updates.get('flavor') is None:
            return updates
        size = updates['flavor']
        return dict(updates, flavor={
            name: getattr(size, name) for name in size.fields
            if size.obj_attr_is_set(name)})

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
