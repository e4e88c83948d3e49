"""Create servers: check what can be told at once, record, offer.

What cannot be had here (volumes, key pairs, interfaces ...) is refused,
never silently left out.
"""

import re
import secrets
import string

from oslo_utils import strutils
from oslo_utils import units
from oslo_utils import uuidutils

from nova_gs.api import call as calls
from nova_gs.api.handlers import common
from nova_gs.api.handlers import hosts
from nova_gs.api.views import servers as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

#: Most servers that one request may ask for.
MOST = 100

#: What a request may not ask for, with what the user is told.
_REFUSED = (
    ('personality', 'Files cannot be injected into guests.'),
    ('user_data', 'user_data cannot reach the guest: there is neither a '
                  'metadata service nor a config drive yet.'),
    ('key_name', 'Invalid key_name provided: there are no key pairs here.'),
    ('block_device_mapping', 'Volumes are not supported.'),
    ('trusted_image_certificates', 'Image signatures are not supported.'),
    ('accessIPv4', 'accessIPv4 is not supported.'),
    ('accessIPv6', 'accessIPv6 is not supported.'),
)


def create(call):
    """``POST /servers``: one or several, each an operation of its own."""
    wanted = call.body['server']
    call.authorize(rules.CREATE)
    _refuse(call.body, wanted)
    image = _image(call, wanted)
    flavor = _flavor(call, wanted, image)
    zone, host = _place(call, wanted)
    count = _count(wanted)
    ports = _ports(call, wanted.get('networks'), count)
    reservation_id = 'r-' + ''.join(secrets.choice(
        string.ascii_lowercase + string.digits) for _ in range(8))
    instances = []
    for number in range(count):
        instance = _instance(call, wanted, flavor, image)
        instance.reservation_id = reservation_id
        instance.availability_zone = zone
        instance.launch_index = number
        instance.ports = ports[number]
        if count > 1:
            instance.display_name += '-%d' % (number + 1)
            instance.hostname += '-%d' % (number + 1)
        try:
            _build(call, instance, image, host)
        except exception.DatabaseUnavailable as error:
            _tell_of_rest(error, number, count, reservation_id)
            raise
        instances.append(instance)
    return _answer(call, wanted, instances)


def _tell_of_rest(error, done, wanted, reservation_id):
    """Raise what is true when only some of several are on record."""
    if done:
        raise exception.DatabaseUnavailable(
            '%d of %d servers are recorded and will be built (reservation '
            '%s); of the next one that is not sure: the database %s. Look at '
            'them before you ask again.' % (
                done, wanted, reservation_id, error.kwargs['condition'])
        ) from error


def _answer(call, wanted, instances):
    first = instances[0]
    location = '%s/v2.1/servers/%s' % (call.base_url, first.uuid)
    if strutils.bool_from_string(wanted.get('return_reservation_id')):
        return calls.Reply({'reservation_id': first.reservation_id})
    password = wanted.get('adminPass') or secrets.token_urlsafe(9)
    return calls.Reply(
        {'server': view.created(call, first, password)},
        headers={'Location': location})


def _build(call, instance, image, host):
    """Record the instance and its build together: neither is ever alone."""
    common.accept(
        call, instance, kind=fields.OperationKind.BUILD,
        step='build_server', task_state=fields.TaskState.SCHEDULING,
        task_states=(fields.TaskState.SCHEDULING,),
        params={'image_id': image.id, 'host': host}, action='create')


def _instance(call, wanted, flavor, image):
    name = wanted['name']
    # Before 2.19 the description was the name.
    described = wanted.get('description') if call.minor >= 19 else name
    return objects.Instance(
        call.context, uuid=uuidutils.generate_uuid(), display_name=name,
        hostname=wanted.get('hostname') or _hostname(name),
        user_id=call.context.user_id, project_id=call.context.project_id,
        vm_state=fields.VMState.BUILDING,
        task_state=fields.TaskState.SCHEDULING,
        flavor=flavor, image_ref=image.id, memory_mb=flavor.memory_mb,
        vcpus=flavor.vcpus, root_gb=flavor.root_gb,
        metadata=wanted.get('metadata', {}), description=described,
        tags=sorted(set(wanted.get('tags', ()))))


def _hostname(name):
    """Return a name that DNS can have, made of any name."""
    plain = re.sub(r'[^a-z0-9-]+', '-', name.lower()).strip('-')
    return plain[:63].strip('-') or 'server'


def _refuse(body, wanted):
    for name, sentence in _REFUSED:
        if wanted.get(name):
            raise exception.Invalid(reason=sentence)
    if strutils.bool_from_string(wanted.get('config_drive', False)):
        raise exception.Invalid(
            reason='A config drive is not supported yet.')
    for name in ('os:scheduler_hints', 'OS-SCH-HNT:scheduler_hints'):
        if body.get(name):
            raise exception.Invalid(
                reason='Scheduler hints are not supported. Name a host.')
    for group in wanted.get('security_groups', ()):
        if group.get('name') != 'default':
            raise exception.Invalid(
                reason='Security group %s could not be found.'
                       % group.get('name'))
    for disk in wanted.get('block_device_mapping_v2', ()):
        _check_disk(wanted, disk)


def _check_disk(wanted, disk):
    """Let the one disk pass that clients add for the image itself."""
    image_id = disk.get('uuid') or disk.get('image_id')
    if (disk.get('source_type') != 'image' or
            disk.get('destination_type', 'local') != 'local' or
            str(disk.get('boot_index')) != '0' or
            image_id != wanted.get('imageRef', image_id)):
        raise exception.Invalid(
            reason='Block device mapping is invalid: only the local disk '
                   'that is made of the image can be had.')
    wanted.setdefault('imageRef', image_id)


def _ports(call, wanted, count):
    """Return the ports of each of several servers.

    :param wanted: ``networks`` of the request, None without
    :raises: Invalid, Conflict, NetworkFailed; ComputesTooOld where a guest
        would be made without the interfaces that it is to have
    """
    given = [one['port'] for one in wanted or ()
             if not isinstance(wanted, str) and one.get('port')]
    if given and count > 1:
        raise exception.Invalid(
            reason='One port cannot be given to %d servers.' % count)
    if len(given) > len(set(given)):
        raise exception.Invalid(
            reason='A port can be given once only.')
    ports = [call.services.network.resolve(call.context, wanted)
             for _ in range(count)]
    if any(ports):
        call.services.compute_rpcapi.require_known('external_instance_event')
    return ports


def _image(call, wanted):
    image_id = wanted.get('imageRef')
    if not image_id:
        raise exception.Invalid(
            reason='Missing imageRef attribute: servers boot from images.')
    # Old clients name images by URL.
    image_id = image_id.rpartition('/')[2]
    try:
        image = objects.Image.get_by_id(call.context, image_id)
    except exception.ImageNotFound:
        raise exception.Invalid(
            reason='Can not find requested image %s.' % image_id)
    if image.status != 'active':
        raise exception.Invalid(
            reason='Image %s is not active: it is %s.' % (
                image_id, image.status))
    return image


def _flavor(call, wanted, image):
    flavor_id = str(wanted['flavorRef']).rpartition('/')[2]
    try:
        flavor = objects.Flavor.get_by_flavor_id(call.context, flavor_id)
    except exception.FlavorNotFound as error:
        raise exception.Invalid(reason=str(error))
    if flavor.disabled:
        raise exception.Invalid(
            reason='Flavor %s could not be found.' % flavor_id)
    if flavor.memory_mb < image.min_ram:
        raise exception.Invalid(
            reason="Flavor's memory is too small for requested image: %d "
                   'MiB, and %d MiB are needed.' % (
                       flavor.memory_mb, image.min_ram))
    needed = max(image.min_disk, -(-image.size // units.Gi))
    # A disk of 0 takes the size of the image.
    if flavor.root_gb and flavor.root_gb < needed:
        raise exception.Invalid(
            reason="Flavor's disk is too small for requested image: %d "
                   'GiB, and %d GiB are needed.' % (flavor.root_gb, needed))
    return flavor


def _count(wanted):
    least = int(wanted.get('min_count', 1))
    most = int(wanted.get('max_count', least))
    if least > most:
        raise exception.Invalid(
            reason='min_count must be <= max_count')
    if most > MOST:
        raise exception.Invalid(
            reason='One request may ask for %d servers at most.' % MOST)
    return most


def _place(call, wanted):
    """Return (availability zone or None, host or None) that is asked for.

    :raises: Invalid for names that nobody knows, HostDraining or
        HostUnavailable for a host that takes nothing
    """
    records = hosts.Hosts(call)
    zone, _, host = (wanted.get('availability_zone') or '').partition(':')
    host = wanted.get('host') or host.partition(':')[0] or None
    node = wanted.get('hypervisor_hostname')
    if host or node:
        call.authorize(rules.CREATE_ON_HOST)
    if node:
        host = _host_of_node(call, node, host)
    if zone and zone not in {
            records.zone_of(service.host) for service in records.all()}:
        raise exception.Invalid(
            reason='The requested availability zone is not available')
    if host:
        if records.service(host) is None:
            raise exception.Invalid(
                reason='Compute host %s could not be found.' % host)
        records.require_up(host)
    return zone or None, host


def _host_of_node(call, name, host):
    for node in objects.ComputeNodeList.get_all(call.context):
        if node.hypervisor_hostname == name and host in (None, node.host):
            return node.host
    raise exception.Invalid(
        reason='No hypervisor %s on host %s could be found.' % (
            name, host or '(any)'))
