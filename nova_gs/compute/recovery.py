"""What a start finds of the last run, and what it makes of it.

Steps that were offered and not begun are simply taken up.  What the last
process had begun is settled as ``verdicts.TABLE`` says, in two stages:

1. alone: migrations that go on without us are watched again, steps that may
   be repeated are offered once more, and what migrations have left here that
   ended meanwhile is removed.  Then ``compute-alt`` is opened, so that two
   hosts that start at the same time do not wait for each other.
2. aside: what asks the other host, such as where a guest has got to, and what
   may last, the operations on one guest.  A start waits for neither.

Settling twice does no harm: whoever settles takes the step over, and what is
done to a guest may be done again.
"""

import uuid

from oslo_log import log as logging

from nova_gs.compute import build
from nova_gs.compute.live_migration import leftovers
from nova_gs.compute import plugging
from nova_gs.compute import ports
from nova_gs.compute import verdicts
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue

LOG = logging.getLogger(__name__)

#: How many operations are asked for at a time: thousands in one answer would
#: keep every other thread waiting while it is unpacked.
PAGE = 100

#: What the user is told of an operation that a restart has cut.
_CUT = ('Interrupted: nova-compute on host %s ended while step %s was under '
        'way. %s')

#: The same as long as the hypervisor cannot tell.
_UNKNOWN = ('Interrupted: what has become of step %s cannot be told yet on '
            'host %s: %s')

#: Why a guest is fenced of which the hypervisor cannot tell.
_IN_DOUBT = ('it was being moved, and whether it is still here cannot be told '
             'at the moment. Ask again when its migration has ended.')

#: The step at which a guest may be on its way without us.
_MOVING = 'live_migration'

#: It is somebody else's to settle, or the next start's, or over.
_NOT_OURS = (exception.ClaimRefused, exception.HostDraining,
             exception.OperationNotFound)


class Recovery:
    """Settles what earlier processes of this host had begun.

    :param host: compute.host.Host
    :param ctxt: admin RequestContext
    :param gate: shutdown.tracker.Gate, for what goes on from here
    :param departures: live_migration.departures.Departures
    :param report: recovery_report.RecoveryReport
    """

    def __init__(self, host, ctxt, gate, departures, report):
        self._host = host
        self._ctxt = ctxt
        self._gate = gate
        self._departures = departures
        self._report = report
        #: UUIDs of operations that could not be settled at the first try.
        self._put_off = set()

    def alone(self):
        """Settle what needs no other host; raises PeerUnavailable."""
        self._report.write()
        for operation in self._left_behind():
            if _concerns_two(operation):
                self._settle(operation)
        self.tidy()

    def tidy(self):
        """Remove what others have ended without this host.

        :raises: PeerUnavailable
        """
        leftovers.give_rooms_back(self._host, self._ctxt)
        leftovers.clear_after_departures(self._host, self._ctxt)

    def aside(self):
        """Have the rest settled in threads; raises PeerUnavailable."""
        for operation in self._left_behind():
            if not _concerns_two(operation):
                self._submit(operation)

    def again(self):
        """Try what could not be settled once more; for the heartbeat.

        :raises: PeerUnavailable
        """
        if self._put_off:
            for operation in self._left_behind():
                if operation.uuid in self._put_off:
                    self._put_off.discard(operation.uuid)
                    self._submit(operation)

    def _left_behind(self):
        """Return what this host had begun and nobody works on any more."""
        # A conductor names this host too, and is none of our processes.
        begun = [operation for operation in
                 objects.OperationList.of_dead_owners(
                     self._ctxt, self._host.name, self._host.owner)
                 if not catalogue.is_conductor_step(operation.step)]
        return begun + list(objects.OperationList.interrupted_on_host(
            self._ctxt, self._host.name))

    def _submit(self, operation):
        """Settle an operation in a thread of its own."""
        self._host.executors.operations.submit(
            operation.uuid, self._settle_aside, operation)

    def _settle_aside(self, operation):
        try:
            self._settle(operation)
            return
        except exception.PeerUnavailable as error:
            reason = exception.reason_of(error)
        except Exception:
            # In a pool nobody else would ever hear of it.
            LOG.exception('Operation %s could not be settled.',
                          operation.uuid)
            return
        self._put_off.add(operation.uuid)
        LOG.warning('Operation %s is not settled yet: %s', operation.uuid,
                    reason)

    def _settle(self, operation):
        """Settle one operation; a stop waits for it as for any work.

        A quiesced host settles as well: nothing is begun by that.
        """
        row = catalogue.ROWS[operation.step]
        try:
            with self._gate.enter(
                    row.name, row.while_draining, row.on_shutdown,
                    operation_uuid=operation.uuid,
                    instance_uuid=operation.instance_uuid,
                    lets_go=True) as work:
                work.belongs_to(operation)
                work.say('settling what a restart has cut')
                self._look_and_act(objects.Operation.get_by_uuid(
                    self._ctxt, operation.uuid), work)
            return
        except _NOT_OURS as error:
            self._host.fence.lift(operation.instance_uuid)
            reason = exception.reason_of(error)
        except exception.HypervisorError as error:
            self._wait_for_hypervisor(operation, exception.reason_of(error))
            return
        LOG.info('%s', reason)

    def _wait_for_hypervisor(self, operation, reason):
        """Leave an operation to a later try, and say so on record once."""
        self._put_off.add(operation.uuid)
        if operation.step == _MOVING:
            self._host.fence.put(operation.instance_uuid, _IN_DOUBT)
        if operation.state == fields.OperationState.INTERRUPTED:
            return
        try:
            self._host.recorder.insist(
                operation.mark_interrupted, _UNKNOWN % (
                    operation.step, self._host.name, reason))
        except exception.ClaimRefused:
            # It is marked already.
            return

    def _look_and_act(self, operation, work):
        handle = found = None
        if verdicts.looks(operation.step):
            handle = self._find(operation)
            found = (verdicts.Found.MOVES if handle else
                     verdicts.found(self._guest(operation),
                                    waits=bool(ports.awaited(operation)[0])))
        row = verdicts.decide(operation.step, found)
        mine = self._take_over(operation, row)
        if operation.step == _MOVING:
            self._departures.adopt(
                _in_the_name_of(mine), mine, work, handle)
        elif row.verdict is verdicts.Verdict.ADOPT:
            plugging.see_through(
                self._host, _in_the_name_of(mine), mine, work)
        elif _concerns_two(operation):
            self._host.recorder.insist(
                mine.offer, mine.step, host=mine.host,
                peer_host=mine.peer_host)
        else:
            row = self._end(mine, row)
        self._tell(operation, found, row)

    def _find(self, operation):
        """Return the handle of a migration that goes on without us."""
        if operation.step != _MOVING:
            return None
        return self._host.driver.adopt_migration(
            operation.instance, objects.MigrateData.obj_from_primitive(
                operation.params['migrate_data']))

    def _guest(self, operation):
        try:
            return self._host.driver.get_guest(operation.instance_uuid)
        except exception.GuestNotFound:
            return None

    def _take_over(self, operation, row):
        mine = self._host.recorder.insist(
            objects.Operation.take_over, self._ctxt, operation.uuid,
            self._host.name, self._host.owner, str(uuid.uuid4()),
            told='%s: %s' % (row.verdict.value.capitalize(), row.told))
        if mine is None:
            raise exception.ClaimRefused(
                step=operation.step, operation_id=operation.uuid,
                why=fields.ClaimRefusal.MOVED)
        return mine

    def _end(self, mine, row):
        """Do what is left on one guest; returns the row that came true."""
        changes = {}
        try:
            if row.act is not None:
                with self._host.turns.alone_with(mine.instance_uuid):
                    changes = row.act(self._host, mine)
        except exception.HypervisorUnavailable as error:
            self._host.recorder.insist(mine.mark_interrupted, _UNKNOWN % (
                mine.step, self._host.name, exception.reason_of(error)))
            raise
        except exception.NovaGSException as error:
            row = verdicts.Row(
                verdicts.Verdict.FAIL, exception.reason_of(error))
        self._finish(mine, row, changes)
        return row

    def _finish(self, mine, row, changes):
        state, error = fields.OperationState.SUCCEEDED, None
        migration = None
        if row.verdict is not verdicts.Verdict.FINISH:
            state = fields.OperationState.FAILED
            error = _CUT % (self._host.name, mine.step, row.told)
            if mine.kind == fields.OperationKind.BUILD:
                changes = build.when_build_failed(self._host, mine, error)
            if mine.migration_uuid:
                migration = {'status': fields.MigrationStatus.ERROR}
        try:
            self._host.recorder.insist(
                mine.finish, state, error=error, instance=changes,
                migration=migration)
        except exception.InstanceMoved:
            build.follow(self._host, self._ctxt, mine)

    def _tell(self, operation, found, row):
        self._report.add(operation, found, row)
        LOG.log(
            logging.WARNING if row.verdict is verdicts.Verdict.FAIL
            else logging.INFO,
            'Operation %s (%s of instance %s), whose step %s was cut: %s. %s',
            operation.uuid, operation.kind, operation.instance_uuid,
            operation.step, row.verdict.value, row.told)


def _concerns_two(operation):
    """Whether a step that was cut is one between two hosts."""
    return (operation.step == _MOVING
            or verdicts.is_begun_again(operation.step))


def take_up_offered(host, ctxt, manager, runner, gate):
    """Execute the steps that wait for this host and may begin now.

    :param runner: steps.StepRunner
    :param gate: shutdown.tracker.Gate
    :returns: how many there were
    """
    count = 0
    for operation in _offered_to(host, ctxt):
        row = catalogue.ROWS[operation.step]
        if not gate.admits(row.while_draining, row.lets_go):
            continue
        runner.take(row, getattr(manager, row.name),
                    _in_the_name_of(operation), operation.uuid)
        count += 1
    if count:
        LOG.info('Took up %d steps that were offered to this host.', count)
    return count


def _offered_to(host, ctxt):
    """Return an iterator over what is offered to this host, oldest first."""
    marker = None
    while True:
        page = list(objects.OperationList.offered_to(
            ctxt, host.name, limit=PAGE, marker=marker))
        yield from page
        if len(page) < PAGE:
            return
        marker = page[-1].uuid


def _in_the_name_of(operation):
    """Return the RequestContext of whoever asked for an operation."""
    return context.RequestContext(
        user_id=operation.user_id, project_id=operation.project_id,
        request_id=operation.request_id, is_admin=True)
