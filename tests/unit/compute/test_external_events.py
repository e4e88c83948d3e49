"""Who waits for an event, and what makes the wait end."""

import threading

from nova_gs.compute import external_events
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import compute
from tests.unit.db import base

PLUGGED = external_events.PLUGGED
P, Q = (PLUGGED, 'p'), (PLUGGED, 'q')


def seen(*events):
    return [objects.ExternalEvent(name=name, tag=tag, status=status)
            for name, tag, status in events]


class OutcomeTestCase(base.DatabaseTestCase):

    def test_outcome(self):
        done, failed, busy = 'completed', 'failed', 'in-progress'
        for events, missing, bad in (
                ((), [P, Q], None),
                (((*P, done),), [Q], None),
                (((*P, done), (*Q, done)), [], None),
                (((*P, busy), (*Q, done)), [P], None),
                (((*P, failed),), [P, Q], P),
                # The latest counts.
                (((*P, failed), (*P, done)), [Q], None),
                (((PLUGGED, None, done), ('other', 'p', done)), [P, Q],
                 None)):
            self.assertEqual((missing, bad), external_events.outcome(
                [P, Q], seen(*events)), events)

    def test_in_words(self):
        self.assertEqual(
            'network-vif-plugged of port p, network-vif-plugged of port q',
            external_events.in_words([P, Q]))


class WaitTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.waits = self.host.plugging.waits
        self.instance = self.make_instance()
        self.said = []
        self.looks = threading.Semaphore(0)

    def record(self, *events):
        objects.ExternalEventList.record(self.context, [
            {'instance_uuid': self.instance.uuid, 'name': name, 'tag': tag,
             'status': status} for name, tag, status in events])

    def wait(self, after=0, timeout=300, wanted=(P, Q), check=None):
        external_events.await_all(
            self.host, self.context, self.instance.uuid,
            external_events.Awaited(list(wanted), after, self.host.name),
            timeout, self.said.append, check)

    def begin(self, **kwargs):
        """Wait aside; returns (thread, what it ended with)."""
        ended = []

        def run():
            try:
                ended.append(self.wait(**kwargs))
            except Exception as error:
                ended.append(error)

        thread = threading.Thread(target=run, daemon=True)
        self._count_looks()
        thread.start()
        self.assertTrue(self.looks.acquire(timeout=base.PATIENCE))
        return thread, ended

    def _count_looks(self):
        """Let ``looks`` tell of each look that is over."""
        rest = external_events.Wait.rest

        def counted(wait, turn, seconds):
            self.looks.release()
            rest(wait, turn, seconds)

        self.patch(external_events.Wait, 'rest', counted)

    def end(self, thread, ended):
        thread.join(base.PATIENCE)
        return ended[0]

    def test_one_that_is_judged_by_itself(self):
        """It does not end with all the others."""
        why = []

        def check():
            if why:
                raise why[0]

        self.host.plugging.waits.call_off(
            exception.CalledOff(task='it', reason='it ends'), for_good=True)
        waiting = self.begin(check=check)
        self.host.plugging.waits.call_off(
            exception.CalledOff(task='it', reason='it ends'))
        why.append(exception.MigrationAborted(
            instance_id='i', reason='asked for'))
        self.host.plugging.waits.nudge(self.instance.uuid)
        self.assertIs(why[0], self.end(*waiting))

    def test_what_came_before(self):
        self.record((*P, 'completed'), (*Q, 'completed'))
        self.wait()
        self.assertEqual([], self.said)

    def test_what_came_before_it_was_bound_does_not_count(self):
        self.record((*P, 'completed'), (*Q, 'completed'))
        after = objects.ExternalEventList.last_id(
            self.context, self.instance.uuid)
        self.assertRaises(exception.PortNotPluggedInTime, self.wait,
                          after=after, timeout=0)

    def test_message_ends_it(self):
        """It says what is still missing."""
        waiting = self.begin()
        self.record((*P, 'completed'))
        self.tell()
        self.assertTrue(self.looks.acquire(timeout=base.PATIENCE))
        self.record((*Q, 'completed'))
        self.tell()
        self.assertIsNone(self.end(*waiting))
        self.assertEqual(
            ['waits for network-vif-plugged of port p, network-vif-plugged '
             'of port q', 'waits for network-vif-plugged of port q'],
            self.said)

    def tell(self, name=PLUGGED):
        external_events.receive(self.host, self.context, [
            {'instance_uuid': self.instance.uuid, 'name': name, 'tag': 'p',
             'status': 'completed'}])

    def test_lost_message(self):
        """It looks by itself after a while."""
        self.patch(external_events, 'LOOK_EVERY', 0.01)
        waiting = self.begin(wanted=[P])
        self.record((*P, 'completed'))
        self.assertIsNone(self.end(*waiting))

    def test_failed(self):
        self.record((*Q, 'failed'))
        error = self.assertRaises(exception.PortNotPlugged, self.wait)
        self.assertIn('port q', str(error))
        self.assertIn('host1', str(error))

    def test_time_is_over(self):
        self.record((*P, 'completed'))
        waiting = self.begin(timeout=300)
        self.host.clock.advance(300)
        self.waits.nudge(self.instance.uuid)
        error = self.end(*waiting)
        self.assertIsInstance(error, exception.PortNotPluggedInTime)
        self.assertIn('300 s', str(error))
        self.assertIn('port q', str(error))
        self.assertNotIn('port p', str(error))

    def test_time_does_not_run_out_while_nobody_can_tell(self):
        self.patch(external_events, 'TRY_EVERY', 0.01)
        since, away = self.store.external_events.since, [True]

        def read(*args):
            if away[0]:
                raise compute.unreachable()
            return since(*args)

        self.patch(self.store.external_events, 'since', read)
        waiting = self.begin(wanted=[P], timeout=300)
        self.host.clock.advance(1000)
        self.assertTrue(self.looks.acquire(timeout=base.PATIENCE))
        self.record((*P, 'completed'))
        away[0] = False
        self.assertIsNone(self.end(*waiting))

    def test_called_off(self):
        for call_off in (
                lambda error: self.waits.call_off(error),
                lambda error: self.waits.nudge(self.instance.uuid, error),
                lambda error: self.waits.call_off(error, for_good=True)):
            waiting = self.begin()
            error = exception.CalledOff(task='A build', reason='so')
            call_off(error)
            self.assertIs(error, self.end(*waiting))
        # For good: also what begins later.
        self.assertRaises(exception.CalledOff, self.wait)

    def test_others_are_not_woken(self):
        with self.waits.begin('other') as wait:
            self.waits.nudge(self.instance.uuid)
            self.assertEqual(0, wait.turn)

    def test_nobody_waits(self):
        self.tell()
        self.waits.nudge('nobody')
        self.assertEqual([], self.said)


class ReceiveTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.host.executors.operations = compute.AtOnce()
        self.port = objects.Port(id='p', network_id='n')
        self.error = None
        self.patch(self.host.plugging.network, 'refresh', self.refresh)

    def refresh(self, ctxt, ports):
        if self.error:
            raise self.error
        return []

    def receive(self, instance, name):
        """Return how many ports the instance has afterwards."""
        external_events.receive(self.host, self.context, [
            {'instance_uuid': getattr(instance, 'uuid', instance),
             'name': name, 'tag': 'p', 'status': 'completed'}])
        return instance and len(objects.Instance.get_by_uuid(
            self.context, instance.uuid).ports)

    def make(self, **values):
        return self.make_instance(ports=[self.port], **values)

    def test_ports_are_looked_at(self):
        for name, left in (('network-changed', 0), ('network-vif-deleted', 0),
                           (PLUGGED, 1), ('power-update', 1)):
            self.assertEqual(left, self.receive(self.make(), name), name)

    def test_not_of_what_is_changed_or_elsewhere(self):
        for values in ({'task_state': 'migrating'}, {'host': 'host2'}):
            self.assertEqual(1, self.receive(
                self.make(**values), 'network-changed'), values)

    def test_failures_are_told(self):
        self.error = exception.NetworkFailed(reason='it is away')
        self.assertEqual(1, self.receive(self.make(), 'network-changed'))
