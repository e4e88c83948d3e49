"""Migrations: an instance's way from one host to another."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class Migration(base.NovaObject):
    """One migration; sizes in bytes."""

    VERSION = '1.0'
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

    @base.remotable
    def create(self):
        """Write this new migration; most are written by Operation.accept."""
        row = base.store().migrations.create(self.obj_get_changes())
        self.absorb(self.from_row(self._context, row))

    @base.remotable
    def save(self):
        """Write the changed fields, whatever the record says by now.

        :raises: MigrationNotFound
        """
        changes = self.obj_get_changes()
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
