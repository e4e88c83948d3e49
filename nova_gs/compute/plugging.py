"""A build whose guest waits until its ports are plugged in.

The guest stands still meanwhile, and nothing is held for it but its work
with the tracker: no thread that other operations need, and not the guest
itself, so that it can be deleted.  A stop waits with it, until its deadline:
then the guest is removed, and another host may build it.  After a kill the
next start goes on waiting.
"""

import threading

from oslo_log import log as logging

from nova_gs.compute import build
from nova_gs.compute import external_events
from nova_gs.compute.live_migration import leftovers
from nova_gs.compute import ports
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)


def see_through(host, ctxt, operation, work):
    """Wait for the events of a build aside, then end it.

    :param host: compute.host.Host
    :param operation: claimed, its guest made and standing still
    :param work: tracker.Work; it ends with the build
    """
    work.on_shutdown = policy.OnShutdown.ABORT
    work.hand_over()
    threading.Thread(target=_run, args=(host, ctxt, operation, work),
                     name='plugging', daemon=True).start()


def _run(host, ctxt, operation, work):
    try:
        _see_through(host, ctxt, operation, work)
    except (exception.ClaimRefused, exception.PeerUnavailable) as error:
        # The record is not ours any more, or cannot be written before this
        # process goes: the next start looks.
        work.mark(policy.Fate.LEFT)
        LOG.warning('The end of the build of instance %s is not recorded: '
                    '%s', operation.instance_uuid, exception.reason_of(error))
    except Exception:
        LOG.exception('The build of instance %s ended without an outcome',
                      operation.instance_uuid)
        host.recorder.mention(
            operation.mark_interrupted,
            'Internal error on host %s, whose log says more. It is settled '
            'when nova-compute starts again.' % host.name)
    finally:
        work.release()


def _see_through(host, ctxt, operation, work):
    instance_uuid = operation.instance_uuid
    try:
        _wait(host, ctxt, operation, work)
        with host.turns.alone_with(instance_uuid):
            host.turns.require_wanted(instance_uuid)
            host.driver.unpause(operation.instance)
            changes = build.found_running(host, operation)
    except exception.PeerUnavailable:
        raise
    except exception.NovaGSException as error:
        LOG.warning('build of instance %s failed: %s', instance_uuid,
                    exception.reason_of(error))
        if isinstance(error, exception.CalledOff):
            work.mark(policy.Fate.ABORTED)
        with host.turns.alone_with(instance_uuid):
            leftovers.destroy(host, operation.instance)
            build.fail(host, ctxt, operation, error)
    else:
        host.recorder.insist(
            operation.finish, fields.OperationState.SUCCEEDED,
            instance=changes)


def _wait(host, ctxt, operation, work):
    events, after = ports.awaited(operation)
    try:
        external_events.await_all(
            host, ctxt, operation.instance_uuid,
            external_events.Awaited(events, after, host.name),
            host.plugging.timeout, work.say)
    except exception.PortNotPluggedInTime as error:
        if host.plugging.is_fatal:
            raise
        LOG.warning('Instance %s runs all the same: %s',
                    operation.instance_uuid, exception.reason_of(error))
    work.say('ports are plugged in')
