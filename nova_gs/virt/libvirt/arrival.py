"""Where a guest is after its migration: what each host's libvirt says.

``migrateToURI3`` returning is proof of the arrival. When it fails, or when
nobody waited for it, the guest's state tells.
"""

import enum

import libvirt
from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import guest as guests

LOG = logging.getLogger(__name__)

# A destination that does not answer by then counts as "cannot tell".
ASK_PATIENCE = 5.0

POST_COPY = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY)
BROKEN_POST_COPY = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)
MOVED_AWAY = (
    libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED)
INCOMING = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION)
PAUSED = (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER)
STARTING = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP)
# Active, but never to run (again) unless the migration goes on.
LEFT_OVER = (POST_COPY, BROKEN_POST_COPY, INCOMING, STARTING)


class Place(enum.Enum):
    """What the source says of a guest that was to leave.

    SPLIT is a post-copy whose libvirts lost each other: the two QEMUs may
    still complete it by themselves, and the source becomes GONE then.
    """

    MOVING = 'moving'
    HERE = 'here'
    GONE = 'gone'
    OFF = 'off'
    SPLIT = 'split'


def is_migrating_out(domain):
    """Return whether a domain has a job that moves it to another host."""
    try:
        stats = domain.jobStats()
    except libvirt.libvirtError as error:
        if errors.code(error) in (libvirt.VIR_ERR_OPERATION_INVALID,
                                  libvirt.VIR_ERR_NO_DOMAIN):
            return False
        raise
    return is_outgoing(stats)


def is_outgoing(stats):
    """Return whether jobStats() tell of a running outgoing migration."""
    active = (libvirt.VIR_DOMAIN_JOB_BOUNDED, libvirt.VIR_DOMAIN_JOB_UNBOUNDED)
    return (stats.get('type') in active and stats.get('operation')
            == libvirt.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)


def look(connection, uuid):
    """At the source: return the Place of a guest; raises libvirtError."""
    domain = guests.find(connection, uuid)
    if domain is None:
        return Place.GONE
    try:
        state = tuple(domain.state())
        if state == BROKEN_POST_COPY:
            return Place.SPLIT
        if is_migrating_out(domain):
            return Place.MOVING
        # The job may have ended since; what counts is the state after it.
        state = tuple(domain.state())
    except libvirt.libvirtError as error:
        if errors.code(error) == libvirt.VIR_ERR_NO_DOMAIN:
            return Place.GONE
        raise
    if state in (POST_COPY, BROKEN_POST_COPY):
        return Place.SPLIT
    if state == MOVED_AWAY:
        return Place.GONE
    if state[0] in (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_CRASHED):
        return Place.OFF
    return Place.HERE


def stays(connection, uuid):
    """At the source: return whether nothing is to be done about a guest.

    One that somebody has paused is not let be: that was done to end its
    migration, by a process that then could not let it go on.
    """
    if look(connection, uuid) is not Place.HERE:
        return False
    domain = guests.find(connection, uuid)
    return domain is not None and tuple(domain.state()) != PAUSED


def is_handed_over(domain):
    """Return whether a migrating domain runs at its destination already."""
    return tuple(domain.state()) in (POST_COPY, BROKEN_POST_COPY)


def forget(connection, uuid):
    """Remove what is left of a guest where a migration did not leave it.

    Its disk stays. A guest that runs is not touched: the record would be
    wrong then, and its disk must not lose the only one who writes to it.

    :raises: HypervisorError when it runs here, libvirtError
    """
    domain = guests.find(connection, uuid)
    if domain is None:
        return
    with guests.unless_gone():
        if domain.isActive() and tuple(domain.state()) not in LEFT_OVER:
            raise exception.HypervisorError(
                reason='Guest %s is not removed, since it runs here although '
                       'its migration says that it is on the other host. '
                       'Compare both hosts (virsh domstate --reason).' % uuid)
    guests.remove(connection, uuid)


def ask_destination(uri, uuid, opener):
    """Return whether a guest runs at its destination; None: cannot tell.

    :param uri: of the destination's libvirt, or None when unknown
    :param opener: function(uri) that returns a virConnect
    """
    if not uri:
        return None
    connector = connections.Connector(uri, opener, patience=ASK_PATIENCE)
    try:
        with connector.own() as connection:
            domain = guests.find(connection, uuid)
            if domain is None:
                return False
            return (bool(domain.isActive())
                    and tuple(domain.state()) not in (INCOMING, STARTING))
    except (exception.HypervisorUnavailable, libvirt.libvirtError) as error:
        LOG.warning('Whether guest %s arrived cannot be asked at %s: %s',
                    uuid, uri, error)
        return None
