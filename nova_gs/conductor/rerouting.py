"""Builds that go to another host, as theirs does not begin them.

Until a host has claimed it a build is nothing but an offer, so any other
host can do it as well.  It is passed on when its host says that it takes
nothing new, or is not there, and another one has room at that very moment;
otherwise it waits where it is, which a host that restarts comes back to.

Offer, room and record move together, in one transaction that finds the step
unclaimed or does nothing.  So any number of conductors may pass on at the
same time, and a host that comes back late with its old message is refused.
The deadline of the request stays what it was.
"""

from oslo_log import log as logging

from nova_gs.conductor import scheduler
from nova_gs.conductor.tasks import base
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: The steps that another host can do as well.
MOVABLE = ('build_instance',)

#: What the operation's params remember: {host: why it did not begin}.
DECLINED = 'declined'

#: Operations that one look takes of a host; the next one takes more.
BATCH = 200

_TAKES_NOTHING = {
    fields.ServicePhase.STOPPED: 'it was stopped',
    fields.ServicePhase.DRAINING: 'it is being stopped',
    fields.ServicePhase.QUIESCED: 'it is quiesced',
}


def is_movable(operation):
    """Tell whether another host may do what is offered to one.

    What the user wants on this host and no other waits for it.
    """
    return (operation.is_offered and operation.step in MOVABLE
            and operation.params.get('host') is None)


def hindrance(service, is_up, is_heard):
    """Return why a host does not begin what is offered to it, for people.

    :param service: its objects.Service, None when it has none any more
    :param is_up: whether that says that the host is up
    :param is_heard: whether a host that is up would have been heard
    :returns: '' when there is nothing that one can be sure of
    """
    if service is None:
        return 'its nova-compute has no record any more'
    if service.phase in _TAKES_NOTHING:
        return _TAKES_NOTHING[service.phase]
    if service.forced_down:
        return 'it was marked as down'
    if not is_up and is_heard:
        return 'it has not reported for %d s' % service.seconds_since_seen
    return ''


class Rerouting:
    """Passes builds on.

    :param ctxt: admin RequestContext
    :param means: tasks.base.Means
    """

    def __init__(self, ctxt, means):
        self._ctxt = ctxt
        self._means = means

    def look(self):
        """Pass on what hosts that take nothing have not begun.

        :returns: how many builds found another host
        """
        return sum(
            self._pass_on(host, why, self._offered_to(host))
            for host, why in self._hindrances().items() if why)

    def pass_on(self, operations):
        """Pass on those of some operations that their hosts do not begin.

        :returns: how many builds found another host
        """
        by_host = {}
        for operation in operations:
            by_host.setdefault(operation.host, []).append(operation)
        hindrances = self._hindrances() if by_host else {}
        nowhere = hindrance(None, False, True)
        return sum(
            self._pass_on(host, hindrances.get(host, nowhere), offered)
            for host, offered in by_host.items())

    def why_nowhere(self, operation):
        """Return why no other host takes a build now; '' if one would."""
        if not is_movable(operation):
            return ''
        try:
            self._choose(
                operation, objects.Instance.get_by_uuid(
                    self._ctxt, operation.instance_uuid), self._candidates())
        except exception.NoValidHost as error:
            return exception.reason_of(error)
        except exception.NotFound:
            pass
        return ''

    def _hindrances(self):
        """Return {host: what keeps it from beginning anything, or ''}."""
        is_heard = self._means.hearing.is_over()
        return {
            service.host: hindrance(
                service, self._means.servicegroup.is_up(service), is_heard)
            for service in objects.ServiceList.get_by_filters(
                self._ctxt, {'binary': fields.Binary.COMPUTE})}

    def _offered_to(self, host):
        return objects.OperationList.get_by_filters(self._ctxt, {
            'host': host, 'step': list(MOVABLE), 'owner': None,
            'state': list(fields.OperationState.CLAIMABLE)}, limit=BATCH)

    def _candidates(self):
        return {candidate.host: candidate for candidate
                in base.candidates(self._means, self._ctxt)}

    def _choose(self, operation, instance, candidates):
        return scheduler.choose(
            candidates.values(), instance,
            unwanted={operation.host: 'it does not begin the build'},
            last=operation.params.get(DECLINED, ()),
            zone=instance.availability_zone)

    def _pass_on(self, host, why, operations):
        movable = [one for one in operations if is_movable(one)]
        if not (why and movable):
            return 0
        instances = {
            instance.uuid: instance for instance
            in objects.InstanceList.get_by_filters(self._ctxt, {
                'uuid': [one.instance_uuid for one in movable]})}
        candidates, too_big, passed = self._candidates(), set(), 0
        for operation in sorted(movable, key=lambda one: one.id):
            instance = instances.get(operation.instance_uuid)
            if instance is None or _size(instance) in too_big:
                continue
            try:
                passed += self._move(operation, instance, why, candidates)
            except exception.NoValidHost:
                too_big.add(_size(instance))
            except (exception.Conflict, exception.NotFound) as error:
                LOG.info('%s stays with host %s: %s', operation.uuid, host,
                         exception.reason_of(error))
        if passed:
            LOG.info('%d builds go to other hosts than %s: %s.', passed,
                     host, why)
        return passed

    def _move(self, operation, instance, why, candidates):
        """Offer a build to the best of the hosts that have room.

        :param candidates: {host: Candidate}, which is brought up to date
        :returns: True
        :raises: NoValidHost, and what ``Operation.reroute`` raises
        """
        plan = self._choose(operation, instance, candidates)
        for number, candidate in enumerate(plan, start=1):
            try:
                moved = objects.Operation.reroute(
                    self._ctxt, operation.uuid, operation.step,
                    operation.host, candidate.host,
                    'Not begun on host %s: %s. Host %s was asked instead.' % (
                        operation.host, why, candidate.host),
                    instance={'node': candidate.node},
                    params={DECLINED: dict(
                        operation.params.get(DECLINED, {}),
                        **{operation.host: why})})
            except exception.NoValidHost:
                # Somebody else was given the room in the meantime.
                if number == len(plan):
                    raise
            else:
                candidates[candidate.host] = scheduler.less(
                    candidate, instance)
                self._means.publisher.publish(self._ctxt, moved)
                return True


def _size(instance):
    return instance.memory_mb, instance.vcpus, instance.disk_gb
