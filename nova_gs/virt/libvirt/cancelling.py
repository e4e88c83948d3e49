"""Calling off a migration about its end, where QEMU and libvirt have gaps.

Seen with QEMU 7.2 and libvirt 9.0, each in about one of a hundred migrations
that were called off in the moment in which the guest stops for its
switch-over:

* QEMU gives the guest's disks away after it was called off, and lets the
  guest go on without them; it crashes when the guest writes, or when it is
  to leave again (``migration_completion`` and ``migrate_fd_cancel`` in QEMU's
  migration/migration.c).  A guest that stands still writes nothing, and QEMU
  takes its disks back when it is told to let the guest go on (``qmp_cont``).
  So a guest that is near its end is stopped before, and in its switch-over
  it is not called off any more.
* QEMU stays in "cancelling": its migration waits to be told to go on with the
  switch-over (the capability pause-before-switchover, which libvirt sets),
  and was called off just before it began to wait (``migration_maybe_pause``
  and ``migrate_fd_cancel`` in QEMU's migration/migration.c).  Told to go on,
  it notices and ends.
* QEMU has "cancelled", but libvirt waits for the guest to stop: it stopped
  and went on again before libvirt looked (``qemuMigrationSrcRun`` in its
  src/qemu/qemu_migration.c).  Stopping the guest once more ends that.
"""

import enum
import json

import libvirt_qemu
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

#: A migration that needs less than that is near its end, in seconds: what
#: libvirt tells of it is that old at most.
NEAR = 1.0

#: Seconds that a migration has to end by itself once libvirt has taken the
#: wish; it needs a fifth of one.
PATIENCE = 1.0


class Help(enum.Enum):
    """What lets it end."""

    GO_ON = 'go on'
    STOP_GUEST = 'stop the guest'


_HELP = {
    'cancelling': Help.GO_ON,
    'cancelled': Help.STOP_GUEST,
}


def may_abort(domain, pause):
    """Whether a migration can be called off without harm; it is made so.

    :param domain: the guest that is on its way
    :param pause: callable(domain) that stops the guest until the migration
        has ended
    :returns: False in its switch-over, whose end comes by itself
    :raises: libvirtError
    """
    if not is_near_end(domain.jobStats()):
        return True
    pause(domain)
    return _ask(domain, 'query-migrate').get('status') == 'active'


def is_near_end(stats):
    """Whether a migration might come to its switch-over in the next moment.

    :param stats: of jobStats(), of an outgoing migration
    """
    if not stats.get('memory_iteration'):
        # Nothing has gone yet.  A guest that stands still by then would
        # arrive like that.
        return False
    rate = stats['memory_processed'] / max(stats['time_elapsed'], 1)
    return stats['memory_remaining'] < 1000 * NEAR * rate


def help_for(status):
    """Return the Help for a migration that should have ended, or None.

    :param status: of the migration, as QEMU says
    """
    return _HELP.get(status)


def help_to_end(domain, pause):
    """Help a migration to end that was called off ``PATIENCE`` ago.

    :param domain: the guest, still with its job
    :param pause: callable(domain) that stops the guest until the migration
        has ended
    :returns: the Help that was given, or None
    :raises: libvirtError
    """
    help_ = help_for(_ask(domain, 'query-migrate').get('status'))
    if help_ is Help.GO_ON:
        _ask(domain, 'migrate-continue', state='cancelling')
    elif help_ is Help.STOP_GUEST:
        pause(domain)
    if help_ is not None:
        LOG.warning('The migration of guest %s was called off and does not '
                    'end; it is helped along: %s.',
                    domain.UUIDString(), help_.value)
    return help_


def _ask(domain, command, **arguments):
    """Return what QEMU answers, as a dict; empty if it refuses."""
    answer = libvirt_qemu.qemuMonitorCommand(
        domain, json.dumps({'execute': command, 'arguments': arguments}),
        libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT)
    return json.loads(answer).get('return') or {}
