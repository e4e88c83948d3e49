"""What the conductor has not taken yet, kept where the next start finds it.

What the hypervisor has done is known to this process alone until it is
recorded.  If it cannot be recorded it is written to a file as well, so that
the next start can tell it: a guest that was built is not destroyed, and a
reboot that succeeded is not reported as cut.  A claim whose answer was lost
is kept, too: whether it was granted or not, nothing has begun.

Whatever is told late is told under the claim that it was done with; when
somebody else has settled the operation meanwhile, it is dropped.
"""

import json
import os
import uuid

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: Methods of an operation that are kept; both end a claimed step.
WRITES = ('finish', 'offer')

_DOUBT = 'doubt'
_SUFFIX = '.json'


class Outbox:
    """Files of one host, one for each claim.

    :param directory: where they are; made when there is something to keep
    """

    def __init__(self, directory):
        self._directory = directory

    def keep(self, write, args, kwargs):
        """Keep a write of an outcome.

        :param write: bound method; only ``WRITES`` of a claimed operation
        :returns: the claim under which it is kept; None when it is not
        """
        operation = getattr(write, '__self__', None)
        claim_id = getattr(operation, 'claim_id', None)
        if write.__name__ not in WRITES or not claim_id:
            return None
        kwargs = dict(kwargs)
        for name, kind in _nested():
            if kwargs.get(name) is not None:
                kwargs[name] = kind.pack(kwargs[name])
        return self._keep(claim_id, {
            'operation_uuid': operation.uuid, 'step': operation.step,
            'write': write.__name__, 'args': list(args), 'kwargs': kwargs})

    def keep_doubt(self, claim_id, operation_uuid, step):
        """Keep that it is not known whether a claim was granted."""
        self._keep(claim_id, {'operation_uuid': operation_uuid, 'step': step,
                              'write': _DOUBT})

    def drop(self, claim_id):
        """Forget what is kept under a claim, if there is anything."""
        try:
            os.unlink(self._path(claim_id))
        except FileNotFoundError:
            pass

    def deliver(self, host, ctxt):
        """Tell everything that is kept; for a start.

        :param host: compute.host.Host
        :raises: PeerUnavailable; what was not told by then is still kept
        """
        for claim_id, kept in self._load():
            try:
                done = _tell(host, ctxt, claim_id, kept)
            except (exception.ClaimRefused, exception.NotFound) as error:
                done = 'is settled already (%s)' % exception.reason_of(error)
            LOG.info('Step %s of operation %s, which could not be recorded '
                     'in the last run, %s.', kept['step'],
                     kept['operation_uuid'], done)
            self.drop(claim_id)

    def _path(self, claim_id):
        return os.path.join(self._directory, claim_id + _SUFFIX)

    def _keep(self, claim_id, kept):
        path = self._path(claim_id)
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            with open(path + '.new', 'w', encoding='utf-8') as out:
                json.dump(kept, out)
                out.flush()
                os.fsync(out.fileno())
            os.replace(path + '.new', path)
        except OSError as error:
            LOG.warning('How step %s of operation %s has ended cannot be '
                        'kept in %s: %s. If this process ends before the '
                        'conductor is back, nobody knows.', kept['step'],
                        kept['operation_uuid'], self._directory,
                        error.strerror)
            return None
        return claim_id

    def _load(self):
        """Return (claim, what is kept) of each, the oldest first."""
        found = []
        if not os.path.isdir(self._directory):
            return found
        for name in os.listdir(self._directory):
            path = os.path.join(self._directory, name)
            if not name.endswith(_SUFFIX):
                continue
            try:
                with open(path, encoding='utf-8') as kept:
                    found.append((os.stat(path).st_mtime,
                                  name.removesuffix(_SUFFIX),
                                  json.load(kept)))
            except (OSError, ValueError) as error:
                LOG.warning('%s is passed by: %s', path, error)
        return [entry[1:] for entry in sorted(found, key=lambda e: e[:2])]


def _nested():
    return (('instance', objects.Instance), ('migration', objects.Migration))


def _tell(host, ctxt, claim_id, kept):
    """Tell one thing; returns what became of it, for people.

    :raises: ClaimRefused, NotFound, PeerUnavailable
    """
    operation = objects.Operation.get_by_uuid(ctxt, kept['operation_uuid'])
    if (operation.claim_id != claim_id
            or operation.state == fields.OperationState.INTERRUPTED):
        operation = _take_back(host, ctxt, operation, kept)
    if kept['write'] == _DOUBT:
        operation.offer(operation.step, host=operation.host,
                        peer_host=operation.peer_host)
        return 'had not begun and is offered again'
    kwargs = dict(kept['kwargs'])
    for name, kind in _nested():
        if kwargs.get(name) is not None:
            kwargs[name] = kind.unpack(kwargs[name])
    getattr(operation, kept['write'])(*kept['args'], **kwargs)
    if not operation.is_final:
        host.publisher.publish(ctxt, operation)
    return 'is recorded now'


def _take_back(host, ctxt, operation, kept):
    """Claim a step anew that was only marked as interrupted meanwhile."""
    if (operation.state != fields.OperationState.INTERRUPTED
            or operation.step != kept['step']):
        raise exception.ClaimRefused(
            step=kept['step'], operation_id=operation.uuid,
            why=fields.ClaimRefusal.MOVED)
    return objects.Operation.take_over(
        ctxt, operation.uuid, host.name, host.owner, str(uuid.uuid4()))
