"""Tasks that a conductor had in hand and will not end.

Until it makes its offer to a host a task only asks and compares, so any
conductor may do it again from the start: it is simply offered anew.  Each
offer is conditional on the claim that was seen.  So a conductor that was
wrongly held for dead loses its claim and can write nothing any more.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: How long a conductor that stops sends on what it has not begun, in seconds.
PUBLISH_WITHIN = 1

#: How many operations are read at a time for that.
PAGE = 100


def worker_owner(owner, number):
    """Return the identity of one of the workers that share a record.

    :param owner: identity in the service record
    :param number: of the worker; another process with this number is the
        same to others, and settles what the one before it held
    """
    return '%s/%d' % (owner, number)


def is_left(operation, owner, in_hand, living):
    """Tell whether nobody works at a claimed step any more.

    :param owner: identity of this process
    :param in_hand: UUIDs of the operations that this process works at,
        looked up after the operation was read
    :param living: owners in the records of conductors that are up
    """
    if operation.owner == owner:
        return operation.uuid not in in_hand
    return operation.owner.partition('/')[0] not in living


class Leftovers:
    """Looks for such tasks, and hands on those of a conductor that stops.

    :param ctxt: admin RequestContext
    :param means: tasks.base.Means
    :param owner: identity of this process
    :param in_hand: callable() -> UUIDs of the operations that this process
        works at
    """

    def __init__(self, ctxt, means, owner, in_hand):
        self._ctxt = ctxt
        self._means = means
        self._owner = owner
        self._in_hand = in_hand

    def offer_again(self):
        """Offer what nobody works at any more; returns how much that is."""
        held = objects.OperationList.held_by_conductors(self._ctxt)
        if not held:
            return 0
        # In this order: what has been claimed was in hand before, and its
        # owner was recorded before.
        in_hand, living = self._in_hand(), self._living()
        return sum(
            self._offer(operation, 'nobody works at it any more')
            for operation in held
            if is_left(operation, self._owner, in_hand, living))

    def hand_on(self, operation_uuids):
        """Offer tasks that were begun here and did not end in time."""
        for operation_uuid in operation_uuids:
            operation = self._get(operation_uuid)
            if operation is not None and operation.owner == self._owner:
                self._offer(operation, 'this conductor has to end before it '
                                       'does')

    def publish_again(self, operation_uuids):
        """Send tasks that came in here and were not begun, for a while.

        Without a broker, and for thousands, the sweeper does it later.

        :returns: how many were sent
        """
        sent, clock = 0, self._means.clock
        end = clock.now() + PUBLISH_WITHIN
        for operation in self._offered(operation_uuids):
            if clock.now() >= end or not self._means.publisher.publish(
                    self._ctxt, operation):
                break
            sent += 1
        return sent

    def _offered(self, operation_uuids):
        """Return an iterator over those operations that are only offered."""
        uuids = list(operation_uuids)
        for start in range(0, len(uuids), PAGE):
            found = {
                operation.uuid: operation for operation
                in objects.OperationList.get_by_filters(
                    self._ctxt, {'uuid': uuids[start:start + PAGE]})
                if operation.is_offered}
            yield from (found[uuid] for uuid in uuids[start:start + PAGE]
                        if uuid in found)

    def _living(self):
        return {
            service.owner for service in objects.ServiceList.get_by_filters(
                self._ctxt, {'binary': fields.Binary.CONDUCTOR})
            if self._means.servicegroup.is_up(service)}

    def _get(self, operation_uuid):
        try:
            return objects.Operation.get_by_uuid(self._ctxt, operation_uuid)
        except exception.NotFound:
            return None

    def _offer(self, operation, why):
        try:
            operation.offer(operation.step)
        except exception.ClaimRefused:
            # It went on in the meantime: all the better.
            return False
        LOG.info('Step %s of operation %s is offered again: %s.',
                 operation.step, operation.uuid, why)
        self._means.publisher.publish(self._ctxt, operation)
        return True
