"""Where a guest is after its migration: what each host's libvirt says.

``migrateToURI3`` returning is proof of the arrival. When it fails, or when
nobody waited for it, the guest's state on both hosts tells. Where it does not,
the guest is in doubt, and nobody may start it until it does.
"""

import enum

import libvirt
from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt import live_migration

LOG = logging.getLogger(__name__)

# A destination that does not answer by then counts as "cannot tell".
ASK_PATIENCE = 5.0

POST_COPY = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY)
BROKEN_POST_COPY = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)
# What a destination shows of one that is coming, and a source of one whose
# memory has gone.
INCOMING = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION)
PAUSED = (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER)
STARTING = (
    libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP)
# Newer than the libvirt-python that we can do with.
RUNNING_POSTCOPY_FAILED = getattr(
    libvirt, 'VIR_DOMAIN_RUNNING_POSTCOPY_FAILED', 11)
# Active, but never to run (again) unless the migration goes on.
LEFT_OVER = (POST_COPY, BROKEN_POST_COPY, INCOMING, STARTING)
# States of a guest at its destination that says what it needs of the source.
_ARRIVALS = {
    INCOMING: live_migration.Arrival.COMING,
    STARTING: live_migration.Arrival.COMING,
    POST_COPY: live_migration.Arrival.POST_COPY,
    BROKEN_POST_COPY: live_migration.Arrival.POST_COPY,
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_POSTCOPY):
        live_migration.Arrival.POST_COPY,
    (libvirt.VIR_DOMAIN_RUNNING, RUNNING_POSTCOPY_FAILED):
        live_migration.Arrival.POST_COPY,
}


class Place(enum.Enum):
    """What the source says of a guest that was to leave.

    STOPPED is one whose memory has gone: libvirtd was killed before it heard
    whether the guest goes on over there, and leaves the question to us.
    SPLIT is a post-copy whose libvirts lost each other: the two QEMUs may
    still complete it by themselves, and the source becomes GONE then.
    """

    MOVING = 'moving'
    HERE = 'here'
    STOPPED = 'stopped'
    GONE = 'gone'
    OFF = 'off'
    SPLIT = 'split'


_SAYS = live_migration.Arrival

#: Whether a guest has arrived, by what the source and the destination say
#: (None: it cannot be asked). What is not here is in doubt: the source has a
#: definition that could be started, or memory that may be needed, so silence
#: is no answer. libvirt removes the source's definition only when the
#: destination has confirmed; without it there is no doubt.
_ARRIVED = {
    (Place.GONE, None): True,
    (Place.GONE, _SAYS.HERE): True,
    (Place.GONE, _SAYS.POST_COPY): True,
    (Place.GONE, _SAYS.OFF): True,
    (Place.GONE, _SAYS.NOTHING): False,
    (Place.OFF, _SAYS.HERE): True,
    (Place.OFF, _SAYS.POST_COPY): True,
    (Place.OFF, _SAYS.OFF): True,
    (Place.OFF, _SAYS.NOTHING): False,
    (Place.STOPPED, _SAYS.HERE): True,
    (Place.STOPPED, _SAYS.NOTHING): False,
    (Place.SPLIT, _SAYS.NOTHING): False,
    (Place.SPLIT, _SAYS.OFF): False,
}


def has_arrived(place, there):
    """Return whether a guest has arrived; None: it is in doubt.

    :param place: its ``Place``, neither MOVING nor HERE
    :param there: its ``live_migration.Arrival``; None when nobody can be asked
    """
    return _ARRIVED.get((place, there))


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
    if state == INCOMING:
        return Place.STOPPED
    if state[0] in (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_CRASHED):
        return Place.OFF
    return Place.HERE


def stays(connection, uuid, was_paused=False):
    """At the source: return whether nothing is to be done about a guest.

    One that somebody has paused is not let be: that was done to end its
    migration, by a process that then could not let it go on.

    :param was_paused: whether it stood still before its migration
    """
    if look(connection, uuid) is not Place.HERE:
        return False
    if was_paused:
        return True
    domain = guests.find(connection, uuid)
    return domain is not None and tuple(domain.state()) != PAUSED


def is_handed_over(domain):
    """Return whether a migrating domain runs at its destination already."""
    return tuple(domain.state()) in (POST_COPY, BROKEN_POST_COPY)


def forget(connection, uuid, has_copies=False):
    """Remove what is left of a guest where a migration did not leave it.

    Its disk stays. A guest that runs is not touched: the record would be
    wrong then, and its disk must not lose the only one who writes to it.
    Nor is one that is off, if its disks were made here for it: libvirt keeps
    it only when it has arrived, and then they may be the only ones.

    :param has_copies: whether its disks were made here
    :raises: HypervisorError when it is not removed, libvirtError
    """
    domain = guests.find(connection, uuid)
    if domain is None:
        return
    if has_copies and domain.isPersistent() and not domain.isActive():
        raise exception.HypervisorError(
            reason='Guest %s is not removed, since it has arrived here and '
                   'was switched off, although its migration says that it is '
                   'on the other host. Compare both hosts (virsh dominfo).'
                   % uuid)
    with guests.unless_gone():
        if domain.isActive() and tuple(domain.state()) not in LEFT_OVER:
            raise exception.HypervisorError(
                reason='Guest %s is not removed, since it runs here although '
                       'its migration says that it is on the other host. '
                       'Compare both hosts (virsh domstate --reason).' % uuid)
    guests.remove(connection, uuid)


def seen(connection, uuid):
    """At the destination: return the live_migration.Arrival.

    :raises: libvirtError
    """
    domain = guests.find(connection, uuid)
    if domain is None:
        return live_migration.Arrival.NOTHING
    state = tuple(domain.state())
    if state[0] in (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_CRASHED):
        return live_migration.Arrival.OFF
    return _ARRIVALS.get(state, live_migration.Arrival.HERE)


def ask_destination(uri, uuid, opener):
    """Return the live_migration.Arrival of a guest; None: it cannot be told.

    :param uri: of the destination's libvirt, or None when unknown
    :param opener: function(uri) that returns a virConnect
    """
    if not uri:
        return None
    connector = connections.Connector(uri, opener, patience=ASK_PATIENCE)
    try:
        with connector.own() as connection:
            return seen(connection, uuid)
    except (exception.HypervisorUnavailable, libvirt.libvirtError) as error:
        reason = error
    # Not in the clause above: oslo.log would add the error again.
    LOG.warning('Whether guest %s arrived cannot be asked at %s: %s',
                uuid, uri, reason)
    return None
