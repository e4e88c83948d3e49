"""What every object shares: its namespace, and the way to the records.

A process that owns the database seats a store here; in any other one
``NovaObject.indirection_api`` carries the call to a process that does.
"""

import copy

from oslo_versionedobjects import base
from oslo_versionedobjects import fields

from nova_gs import objects

remotable = base.remotable
VersionedObjectIndirectionAPI = base.VersionedObjectIndirectionAPI

_seat = []


class Unset:
    """Stands for an argument that was not given, where None means None."""

    def __repr__(self):
        return '<unset>'

    def __bool__(self):
        return False


UNSET = Unset()


def seat_store(store):
    """Give the objects of this process their store; None takes it away.

    :param store: a ``nova_gs.db.store.Store``, or what stands in for one
    """
    _seat[:] = [] if store is None else [store]


def store():
    """Return the seated store.

    :raises: RuntimeError when this process has none
    """
    if not _seat:
        raise RuntimeError(
            'This process has no store. Seat one with seat_store(), or set '
            'NovaObject.indirection_api.')
    return _seat[0]


class NovaObjectRegistry(base.VersionedObjectRegistry):
    """Also makes each class an attribute of ``nova_gs.objects``."""

    def registration_hook(self, cls, index):
        if index == 0:
            setattr(objects, cls.obj_name(), cls)


class NovaObject(base.ComparableVersionedObject, base.VersionedObject):
    """Base of all objects."""

    OBJ_SERIAL_NAMESPACE = 'nova_gs_object'
    OBJ_PROJECT_NAMESPACE = 'nova_gs'
    VERSION = '1.0'

    def obj_load_attr(self, attrname):
        """Let a field that nobody set read as its default, or as None."""
        field = self.fields[attrname]
        if field.default is fields.UnspecifiedDefault and not field.nullable:
            raise AttributeError(
                '%s.%s is not set' % (self.obj_name(), attrname))
        value = (None if field.default is fields.UnspecifiedDefault
                 else copy.deepcopy(field.default))
        changed = set(self._changed_fields)
        setattr(self, attrname, value)
        self._changed_fields = changed

    @classmethod
    def from_row(cls, context, row):
        """Return an unchanged object.

        :param row: dict of values by field name; other keys are passed by
        """
        obj = cls(context)
        for name in cls.fields:
            if name in row:
                setattr(obj, name, row[name])
        obj.obj_reset_changes(recursive=True)
        return obj

    def absorb(self, other):
        """Take over every field that another object of this class has set."""
        for name in self.fields:
            if other.obj_attr_is_set(name):
                setattr(self, name, getattr(other, name))
        self.obj_reset_changes()

    @classmethod
    def pack(cls, updates):
        """Return field updates in a form that survives JSON.

        :param updates: dict of values by field name, or None
        :raises: ValueError for a name that is no field, or a wrong value
        """
        if updates is None:
            return None
        # Fields of objects ask for one that they belong to.
        owner, packed = cls(), {}
        for name, value in updates.items():
            if name not in cls.fields:
                raise ValueError('%s has no field %s' % (cls.__name__, name))
            field = cls.fields[name]
            packed[name] = field.to_primitive(
                owner, name, field.coerce(owner, name, value))
        return packed

    @classmethod
    def unpack(cls, packed):
        """Return what ``pack`` was given."""
        if packed is None:
            return None
        owner = cls()
        return {name: cls.fields[name].from_primitive(owner, name, value)
                for name, value in packed.items()}


class NovaObjectList(base.ObjectListBase, NovaObject):
    """Base of the lists; ``ITEM`` is the class of its objects."""

    ITEM = None

    @classmethod
    def from_rows(cls, context, rows):
        """Return a list object of unchanged objects."""
        result = cls(context)
        result.objects = [cls.ITEM.from_row(context, row) for row in rows]
        result.obj_reset_changes()
        return result
