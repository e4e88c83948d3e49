"""What lists of servers are filtered and sorted by.

``FILTERS`` has one row per query parameter.  What the store can filter by
goes there; the rest is compared here, on what the store returned, so that a
page is still a page.
"""

import dataclasses
import re

from nova_gs.api.handlers import moments
from nova_gs.api import paging
from nova_gs.api import statuses
from nova_gs import exception
from nova_gs import objects
from nova_gs.policies import servers as rules

ADMIN = None


@dataclasses.dataclass(frozen=True)
class Filter:
    """One query parameter that compares one attribute.

    :ivar name: as clients write it
    :ivar attribute: of the Instance; None: no server here has such a thing
    :ivar store: the store's filter, when it compares in the same way
    :ivar everyone: minor version since which others than administrators may
        use it; ADMIN for never
    """

    name: str
    attribute: str | None = None
    store: str | None = None
    everyone: int | None = ADMIN


FILTERS = (
    Filter('project_id', store='project_id'),
    Filter('tenant_id', store='project_id'),
    Filter('user_id', store='user_id', everyone=83),
    Filter('uuid', store='uuid'),
    Filter('host', store='host'),
    Filter('vm_state', store='vm_state', everyone=83),
    Filter('task_state', store='task_state', everyone=83),
    Filter('image', store='image_ref', everyone=1),
    Filter('image_ref', store='image_ref'),
    Filter('name', store='name', everyone=1),
    Filter('display_name', store='name'),
    Filter('flavor', store='flavor_id', everyone=1),
    Filter('reservation_id', store='reservation_id', everyone=1),
    Filter('availability_zone', 'availability_zone', everyone=83),
    Filter('config_drive', 'config_drive', everyone=83),
    Filter('key_name', 'key_name', everyone=83),
    Filter('created_at', 'created_at', everyone=83),
    Filter('launched_at', 'launched_at', everyone=83),
    Filter('terminated_at', 'terminated_at', everyone=83),
    Filter('power_state', 'power_state', everyone=83),
    Filter('progress', 'progress', everyone=83),
    Filter('description', 'description'),
    Filter('display_description', 'description'),
    Filter('hostname', 'hostname'),
    Filter('node', 'node'),
    Filter('launch_index', 'launch_index'),
    Filter('ip', everyone=1),
    Filter('ip6', everyone=5),
    Filter('access_ip_v4'),
    Filter('access_ip_v6'),
    Filter('auto_disk_config'),
    Filter('kernel_id'),
    Filter('locked_by', 'locked_by'),
    Filter('ramdisk_id'),
    Filter('root_device_name'),
    Filter('soft_deleted'),
)

#: Parameters that are no comparison of one attribute.
OTHERS = {
    'all_tenants': 1, 'changes-since': 1, 'changes-before': 66, 'deleted': 1,
    'limit': 1, 'locked': 73, 'marker': 1, 'not-tags': 26,
    'not-tags-any': 26, 'sort_dir': 1, 'sort_key': 1, 'status': 1,
    'tags': 26, 'tags-any': 26,
}

#: Sort keys of the API -> attributes that the store sorts by.
SORT_KEYS = {name: name for name in (
    'availability_zone', 'config_drive', 'created_at', 'display_name',
    'host', 'hostname', 'image_ref', 'key_name', 'launch_index',
    'launched_at', 'node', 'power_state', 'progress', 'project_id',
    'task_state', 'terminated_at', 'updated_at', 'user_id', 'uuid',
    'vm_state')}

#: Since 2.26: tags in the query -> the store's filter.
TAGS = {'tags': 'tags', 'tags-any': 'tags_any', 'not-tags': 'not_tags',
        'not-tags-any': 'not_tags_any'}


def find(call, size):
    """Return the page of instances that a request asks for, as a list.

    :param size: most instances to return
    :raises: Invalid, Forbidden
    """
    _check_names(call)
    stored = _scope(call)
    stored.update(moments.changes(call, since=1, before=66))
    stored.update(_tags(call))
    checks = _status_checks(call)
    for row in FILTERS:
        wanted = call.param(row.name)
        if wanted is None or not _may(call, row):
            continue
        if row.store:
            stored.setdefault(row.store, wanted)
        else:
            checks.append(_check(row, wanted))
    if call.minor >= 73 and 'locked' in call.query:
        stored['locked'] = call.flag('locked')
    return _fetch(call, stored, checks, size)


def _fetch(call, stored, checks, size):
    key, direction = _order(call)
    marker = call.param('marker')
    if not checks:
        return list(objects.InstanceList.get_by_filters(
            call.context, stored, limit=size, marker=marker, sort_key=key,
            sort_dir=direction))
    found = objects.InstanceList.get_by_filters(
        call.context, stored, sort_key=key, sort_dir=direction)
    return paging.cut([instance for instance in found
                       if all(check(instance) for check in checks)],
                      marker, size)


def _check_names(call):
    """Refuse unknown names since 2.75; they were passed over before."""
    if call.minor < 75:
        return
    known = {row.name for row in FILTERS} | set(OTHERS)
    for name in call.query:
        if name not in known:
            raise exception.Invalid(
                reason='Invalid input for query parameters %s: additional '
                       'properties are not allowed.' % name)


def _scope(call):
    """Return whose servers to look at, and whether deleted ones."""
    admin = call.allowed(rules.ALL_FILTERS)
    everyone = call.flag('all_tenants')
    if admin and ('project_id' in call.query or 'tenant_id' in call.query):
        everyone = True
    stored = {}
    if everyone:
        call.authorize(rules.ALL_TENANTS)
    else:
        stored['project_id'] = call.context.project_id
    if admin and 'deleted' in call.query:
        stored['deleted'] = call.flag('deleted')
    elif 'changes-since' not in call.query:
        stored['deleted'] = False
    return stored


def _may(call, row):
    if row.everyone is not ADMIN and call.minor >= row.everyone:
        return True
    return call.allowed(rules.ALL_FILTERS)


def _check(row, wanted):
    """Return a function of an instance that says whether it passes."""
    if row.attribute is None:
        return lambda instance: False
    try:
        pattern = re.compile(wanted)
    except re.error as error:
        raise exception.Invalid(
            reason='Invalid regular expression %s in %s: %s.' % (
                wanted, row.name, error))
    return lambda instance: bool(
        pattern.search(_value(instance, row.attribute)))


def _value(instance, attribute):
    value = getattr(instance, attribute)
    return '' if value is None else str(value)


def _tags(call):
    if call.minor < 26:
        return {}
    return {stored: call.param(name).split(',')
            for name, stored in TAGS.items() if name in call.query}


def _status_checks(call):
    """Return a check for the statuses that are asked for, as a list."""
    states = []
    for status in call.params('status'):
        status = status.upper()
        if not statuses.known(status) and call.minor >= 38:
            raise exception.Invalid(reason='Invalid status value')
        states.append(statuses.states_of(status))
    if not states:
        return []
    return [lambda instance: any(
        instance.vm_state in vm_states and
        (task_states is None or instance.task_state in task_states)
        for vm_states, task_states in states)]


def _order(call):
    """Return (sort key, direction); only the first key counts."""
    asked = call.param('sort_key', 'created_at')
    if asked not in SORT_KEYS and call.minor >= 75:
        raise exception.Invalid(
            reason='Invalid input for query parameters sort_key. Value: %s.'
                   % asked)
    direction = call.param('sort_dir', 'desc').lower()
    if direction not in ('asc', 'desc'):
        raise exception.Invalid(
            reason="Unknown sort direction %s, must be 'desc' or 'asc'."
                   % direction)
    return SORT_KEYS.get(asked, 'created_at'), direction
