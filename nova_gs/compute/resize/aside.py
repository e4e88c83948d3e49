"""Steps that last, done in a pool of their own.

A guest takes as long to shut down as it likes.  The few threads that receive
what carries begun work on must not wait for that: others need them.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)


def run(host, work, operation, act, *arguments):
    """Do a claimed step when a thread is free; its work ends with it.

    :param host: compute.host.Host
    :param work: tracker.Work
    :param act: callable(*arguments) that sees to how the step ends
    """
    work.hand_over()
    if host.executors.resizes.submit(
            operation.uuid, _run, host, work, operation, act,
            *arguments) is None:
        _run(host, work, operation, act, *arguments)


def _run(host, work, operation, act, *arguments):
    try:
        act(*arguments)
    except (exception.ClaimRefused, exception.PeerUnavailable) as error:
        # The record is not ours any more, or cannot be written before this
        # process goes: the next start begins the step again.
        work.mark(policy.Fate.LEFT)
        LOG.warning('The end of step %s of operation %s is not recorded: %s',
                    operation.step, operation.uuid,
                    exception.reason_of(error))
    except Exception:
        LOG.exception('Step %s of operation %s ended without an outcome',
                      operation.step, operation.uuid)
        # Nobody must wait for it until the next start.
        host.recorder.mention(
            operation.mark_interrupted,
            'Internal error on host %s, whose log says more. It is begun '
            'again when nova-compute starts again.' % host.name)
    finally:
        work.release()
