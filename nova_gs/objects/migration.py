"""Migrations: an instance's way from one host to another."""

from nova_gs.objects import base
from nova_gs.objects import fields
from nova_gs.objects import flavor as flavor_obj
from nova_gs.objects import instance as instance_obj


#: Fields that have a copy of a flavor.
_FLAVORS = ('old_flavor', 'new_flavor')


def _sizes(flavor):
    return {'flavor': flavor, 'memory_mb': flavor.memory_mb,
            'vcpus': flavor.vcpus, 'root_gb': flavor.root_gb}


@base.NovaObjectRegistry.register
class Migration(base.NovaObject):
    """One migration; sizes in bytes.

    What is moved cold has copies of both flavors, the same one for a move
    without a resize, and in ``old_vm_state`` what it was before: a guest that
    was off stays off.
    """

    # 1.1: give_room_back
    # 1.2: old_flavor, new_flavor, old_vm_state
    VERSION = '1.2'
    fields = {
        'id': fields.IntegerField(),
        'uuid': fields.StringField(),
        'instance_uuid': fields.StringField(),
        'source_compute': fields.StringField(nullable=True),
        'source_node': fields.StringField(nullable=True),
        'dest_compute': fields.StringField(nullable=True),
        'dest_node': fields.StringField(nullable=True),
        'dest_host': fields.StringField(nullable=True),
        'status': fields.StringField(default='accepted'),
        'migration_type': fields.StringField(default='live-migration'),
        'old_flavor_id': fields.IntegerField(nullable=True),
        'new_flavor_id': fields.IntegerField(nullable=True),
        'old_flavor': fields.ObjectField('Flavor', nullable=True),
        'new_flavor': fields.ObjectField('Flavor', nullable=True),
        'old_vm_state': fields.StringField(nullable=True),
        'memory_total': fields.IntegerField(nullable=True),
        'memory_processed': fields.IntegerField(nullable=True),
        'memory_remaining': fields.IntegerField(nullable=True),
        'disk_total': fields.IntegerField(nullable=True),
        'disk_processed': fields.IntegerField(nullable=True),
        'disk_remaining': fields.IntegerField(nullable=True),
        'user_id': fields.StringField(nullable=True),
        'project_id': fields.StringField(nullable=True),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
    }

    def obj_make_compatible(self, primitive, target_version):
        super().obj_make_compatible(primitive, target_version)
        if target_version in ('1.0', '1.1'):
            for name in _FLAVORS + ('old_vm_state',):
                primitive.pop(name, None)

    @classmethod
    def from_row(cls, context, row):
        """Return an unchanged migration; its flavors are dicts in the row."""
        sizes = {name: flavor_obj.Flavor.from_row(context, row[name])
                 for name in _FLAVORS if isinstance(row.get(name), dict)}
        return super().from_row(context, dict(row, **sizes))

    @classmethod
    def columns(cls, updates):
        """Return field updates as the store takes them: plain values.

        :param updates: dict of values by field name
        """
        return dict(updates, **{
            name: updates[name].as_dict() for name in _FLAVORS
            if updates.get(name) is not None})

    def at_source(self):
        """Return what an instance's record says that is its source's."""
        return dict(_sizes(self.old_flavor), host=self.source_compute,
                    node=self.source_node)

    def at_destination(self):
        """Return what an instance's record says that is its destination's."""
        return dict(_sizes(self.new_flavor), host=self.dest_compute,
                    node=self.dest_node)

    def give_guest_back(self, operation_uuid, reason, interval):
        """Offer a guest to its source that has not begun to arrive.

        For conductors, when a cold migration's destination is gone.

        :param operation_uuid: of the operation that moves it
        :param reason: what the user is told when it is back
        :param interval: seconds until the offer is looked at
        :returns: whether that was so; otherwise nothing was written
        """
        return base.store().migrations.give_guest_back(
            operation_uuid, self.source_compute, reason,
            instance_obj.Instance.columns(self.at_source()), interval)

    def to_accept(self):
        """Return what is to be written along with an operation.

        :returns: dict; with ``id`` if it was there before
        """
        changes = self.columns(self.obj_get_changes())
        return dict(changes, id=self.id, uuid=self.uuid) if (
            self.obj_attr_is_set('id')) else changes

    @classmethod
    @base.remotable
    def get_by_uuid(cls, context, uuid):
        """Return one migration.

        :raises: MigrationNotFound
        """
        return cls.from_row(
            context, base.store().migrations.get_by_uuid(uuid))

    @classmethod
    @base.remotable
    def get_by_id_and_instance(cls, context, migration_id, instance_uuid):
        """Return one migration of one instance.

        :raises: MigrationNotFound
        """
        return cls.from_row(
            context, base.store().migrations.get_by_id_and_instance(
                migration_id, instance_uuid))

    @classmethod
    @base.remotable
    def give_room_back(cls, context, uuid, host):
        """Record that a destination keeps no room for a guest any more.

        Only while the migration's source is lost (its operation is
        interrupted).  From then on the migration counts as failed.

        :param host: the destination
        :returns: whether that was so
        """
        return base.store().migrations.give_room_back(uuid, host)

    @base.remotable
    def create(self):
        """Write this new migration; most are written by Operation.accept."""
        row = base.store().migrations.create(
            self.columns(self.obj_get_changes()))
        self.absorb(self.from_row(self._context, row))

    @base.remotable
    def save(self):
        """Write the changed fields, whatever the record says by now.

        :raises: MigrationNotFound
        """
        changes = self.columns(self.obj_get_changes())
        if changes:
            row = base.store().migrations.update(self.uuid, changes)
            self.absorb(self.from_row(self._context, row))


@base.NovaObjectRegistry.register
class MigrationList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = Migration
    fields = {'objects': fields.ListOfObjectsField('Migration')}

    @classmethod
    @base.remotable
    def get_by_filters(cls, context, filters, limit=None, marker=None):
        """Return the migrations that match all filters, the newest first.

        :param filters: dict; see ``db.migration.Migrations.get_by_filters``
        :param limit: most items to return, None for all
        :param marker: uuid of the last item of the page before
        :raises: Invalid for an unknown filter or marker
        """
        return cls.from_rows(context, base.store().migrations.get_by_filters(
            filters, limit=limit, marker=marker))

    @classmethod
    @base.remotable
    def get_in_progress(cls, context, instance_uuid):
        """Return the migrations of an instance that have not ended."""
        return cls.from_rows(
            context, base.store().migrations.get_in_progress(instance_uuid))
