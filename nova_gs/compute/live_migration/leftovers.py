"""Removing what a migration leaves on the side that has no guest."""

from oslo_log import log as logging

from nova_gs import exception

LOG = logging.getLogger(__name__)

#: How long it is tried, in seconds.
TRY_FOR = 60


def remove(host, instance, side, arrived):
    """Try for a while; meanwhile the operation keeps others from trying.

    So nothing can be taken away that was made for the next migration.

    :param host: compute.host.Host
    :param side: driver.Side of this host
    :param arrived: whether the guest is at the destination
    """
    give_up_at = host.clock.now() + TRY_FOR
    told = None
    while True:
        try:
            host.driver.finish_migration(instance, side, arrived=arrived)
            return
        except exception.HypervisorError as error:
            reason = exception.reason_of(error)
        if reason != told:
            LOG.warning('What the migration of instance %s left here cannot '
                        'be removed yet: %s', instance.uuid, reason)
            told = reason
        if host.recorder.pause() or host.clock.now() >= give_up_at:
            LOG.warning('What the migration of instance %s left here stays: '
                        '%s. Look at it with the hypervisor\'s own means.',
                        instance.uuid, reason)
            return
