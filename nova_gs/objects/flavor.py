"""Sizes that guests come in."""

from nova_gs.objects import base
from nova_gs.objects import fields
from nova_gs.objects import sizes


@base.NovaObjectRegistry.register
class Flavor(base.NovaObject):
    """One size; memory and swap in MiB, disks in GiB."""

    VERSION = '1.0'
    fields = {
        'id': fields.IntegerField(),
        'flavorid': fields.StringField(),
        'name': fields.StringField(),
        'memory_mb': fields.IntegerField(),
        'vcpus': fields.IntegerField(),
        'root_gb': fields.IntegerField(),
        'ephemeral_gb': fields.IntegerField(default=0),
        'swap': fields.IntegerField(default=0),
        'is_public': fields.BooleanField(default=True),
        'disabled': fields.BooleanField(default=False),
        'description': fields.StringField(nullable=True),
        'extra_specs': fields.DictOfStringsField(default={}),
    }

    @property
    def disk_gb(self):
        """GiB of disk that a guest of this size takes."""
        return sizes.disk_gb(self.root_gb, self.ephemeral_gb, self.swap)

    def as_dict(self):
        """Return what is set of it, as a plain dict."""
        return {name: getattr(self, name) for name in self.fields
                if self.obj_attr_is_set(name)}

    @classmethod
    @base.remotable
    def get_by_flavor_id(cls, context, flavor_id):
        """Return one flavor by its public id, a string.

        :raises: FlavorNotFound
        """
        return cls.from_row(
            context, base.store().flavors.get_by_flavor_id(flavor_id))

    @base.remotable
    def create(self):
        """Write this new flavor.

        :raises: AlreadyExists when its id or name is taken
        """
        row = base.store().flavors.create(self.obj_get_changes())
        self.absorb(self.from_row(self._context, row))

    @base.remotable
    def destroy(self):
        """Remove it; instances keep the copy that they were made with.

        :raises: FlavorNotFound
        """
        base.store().flavors.destroy(self.flavorid)


@base.NovaObjectRegistry.register
class FlavorList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = Flavor
    fields = {'objects': fields.ListOfObjectsField('Flavor')}

    @classmethod
    @base.remotable
    def get_all(cls, context):
        """Return all flavors, smallest first."""
        return cls.from_rows(context, base.store().flavors.get_all())
