"""The built-in catalogue of images."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class Image(base.NovaObject):
    """One image file.

    ``size`` is in bytes, ``min_disk`` in GiB, ``min_ram`` in MiB;
    ``checksum`` is the SHA-256 of the file in hexadecimal.
    """

    VERSION = '1.0'
    fields = {
        'id': fields.StringField(),
        'name': fields.StringField(),
        'path': fields.StringField(),
        'disk_format': fields.StringField(),
        'size': fields.IntegerField(),
        'checksum': fields.StringField(),
        'min_disk': fields.IntegerField(default=0),
        'min_ram': fields.IntegerField(default=0),
        'status': fields.StringField(default='active'),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
    }

    @classmethod
    @base.remotable
    def get_by_id(cls, context, image_id):
        """Return one image.

        :raises: ImageNotFound
        """
        return cls.from_row(context, base.store().images.get_by_id(image_id))

    @base.remotable
    def create(self):
        """Write this new image's record; the file is there already.

        :raises: AlreadyExists when its id is taken
        """
        row = base.store().images.create(self.obj_get_changes())
        self.absorb(self.from_row(self._context, row))

    @base.remotable
    def destroy(self):
        """Remove the record; the file is the caller's.

        :raises: ImageNotFound
        """
        base.store().images.destroy(self.id)


@base.NovaObjectRegistry.register
class ImageList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = Image
    fields = {'objects': fields.ListOfObjectsField('Image')}

    @classmethod
    @base.remotable
    def get_all(cls, context):
        """Return all images, the newest first."""
        return cls.from_rows(context, base.store().images.get_all())
