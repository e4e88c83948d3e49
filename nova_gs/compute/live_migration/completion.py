"""How long a live migration may be under way, and what is done after that.

A guest that writes faster than can be sent never arrives by itself.  The
decision is a pure one, made anew at each look; how long it has been under way
is the hypervisor's figure, so a process that takes a migration up again does
not begin to count anew.
"""

import dataclasses
import enum

from oslo_log import log as logging
from oslo_utils import units

from nova_gs.conf import libvirt as libvirt_conf
from nova_gs import exception

LOG = logging.getLogger(__name__)


class Verdict(enum.Enum):
    """What is done now."""

    WAIT = 'wait'
    ABORT = 'abort'
    FORCE = 'force'


@dataclasses.dataclass(frozen=True)
class Patience:
    """What the configuration says.

    :param per_gib: seconds for each GiB that moves; 0: there is no limit
    :param action: a value of ``[libvirt] live_migration_timeout_action``
    """

    per_gib: int = 0
    action: str = libvirt_conf.ABORT

    @classmethod
    def of(cls, conf):
        """Return what a ConfigOpts says."""
        return cls(conf.libvirt.live_migration_completion_timeout,
                   conf.libvirt.live_migration_timeout_action)

    def allows(self, size):
        """Return the seconds for so many bytes; a part of a GiB is one."""
        return self.per_gib * max(1, -(-size // units.Gi))


def decide(patience, size, elapsed, forced=False):
    """Tell what is done with a migration whose guest is at the source.

    :param patience: ``Patience``
    :param size: bytes of memory and of disks that are copied
    :param elapsed: seconds that it has been under way
    :param forced: whether it has been made to end soon already
    :returns: a ``Verdict``
    """
    if not patience.per_gib or elapsed < patience.allows(size):
        return Verdict.WAIT
    if patience.action == libvirt_conf.FORCE_COMPLETE:
        return Verdict.WAIT if forced else Verdict.FORCE
    return Verdict.ABORT


def mind(departure, progress):
    """Do with a migration what is to be done at a look at it.

    :param departure: source.Departure
    :param progress: live_migration.Progress
    """
    if progress.phase != 'pre-copy' or departure.is_settled:
        return
    patience = departure.host.patience
    size = progress.memory_total + progress.disk_total
    verdict = decide(patience, size, progress.elapsed, departure.is_forced)
    if verdict is Verdict.WAIT:
        return
    told = ('it was under way for %d s, and [libvirt] '
            'live_migration_completion_timeout allows %d s' % (
                progress.elapsed, patience.allows(size)))
    LOG.warning('Live migration %s: %s (%s).', departure.uuid, told,
                verdict.value)
    try:
        if verdict is Verdict.ABORT:
            departure.call_off(told)
        else:
            departure.force_complete()
    except exception.NovaGSException as error:
        LOG.warning('Live migration %s goes on for now: %s', departure.uuid,
                    exception.reason_of(error))
