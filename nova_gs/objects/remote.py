"""Running a record's method on behalf of a process without the database.

The other half of oslo.versionedobjects' indirection: what a compute calls on
its copy of a record comes here and is run where the store is seated.
"""

from nova_gs.objects import base


def run_action(context, record, method, args, kwargs):
    """Run a method of a record.

    :returns: (fields that the method changed, as primitives; its result)
    """
    before = record.obj_clone()
    result = getattr(record, method)(*args, **kwargs)
    updates = {}
    for name in record.fields:
        if not record.obj_attr_is_set(name):
            continue
        if (not before.obj_attr_is_set(name) or
                getattr(before, name) != getattr(record, name)):
            updates[name] = record.fields[name].to_primitive(
                record, name, getattr(record, name))
    updates['obj_what_changed'] = sorted(record.obj_what_changed())
    return updates, result


def backport(record, object_versions):
    """Return a record as a primitive that a peer of some version reads.

    :param object_versions: versions that the peer knows, by object name
    """
    return record.obj_to_primitive(
        target_version=object_versions[record.obj_name()],
        version_manifest=object_versions)


def run_class_action(context, name, method, object_versions, args, kwargs):
    """Run a class method of a record.

    :param object_versions: versions that the caller knows, by object name;
                            the result is made to fit them
    :returns: the result; a record as a primitive
    """
    record_class = base.NovaObject.obj_class_from_name(
        name, object_versions[name])
    result = getattr(record_class, method)(context, *args, **kwargs)
    if isinstance(result, base.NovaObject):
        return backport(result, object_versions)
    return result
