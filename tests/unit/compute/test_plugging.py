"""How a build ends whose guest waits for its ports."""

import threading

from nova_gs import clock
from nova_gs.compute import plugging
from nova_gs.compute import ports
from nova_gs import exception
from nova_gs import objects
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import compute
from tests.unit.compute import test_ports
from tests.unit.db import base

PLUGGED = test_ports.PLUGGED


class PluggingTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.host = compute.host(self.conf)
        self.network = test_ports.FakeNetwork()
        self.plug()
        self.instance = self.make_instance(
            vm_state='building',
            ports=[objects.Port(id='p', network_id='n')])
        self.operation = self.claimed(
            instance=self.instance, kind='build', step='build_instance',
            task_state='spawning', params={'host': 'host1', 'waits_for': {
                'events': [[PLUGGED, 'p']], 'after': 0}})

    def plug(self, timeout=300, is_fatal=True):
        object.__setattr__(self.host, 'plugging', ports.Plugging(
            self.network, timeout, is_fatal))

    def tell(self, status='completed'):
        objects.ExternalEventList.record(self.context, [
            {'instance_uuid': self.instance.uuid, 'name': PLUGGED,
             'tag': 'p', 'status': status}])

    def see_through(self):
        """Let it end; returns the work."""
        with self.gate.enter(
                'build_instance', policy.WhileDraining.NEVER,
                policy.OnShutdown.FINISH) as work:
            plugging.see_through(
                self.host, self.context, self.operation, work)
        for thread in threading.enumerate():
            if thread.name == 'plugging':
                thread.join(base.PATIENCE)
        self.assertEqual([], self.tracker.list())
        return work

    def ended(self):
        """Return (state, vm_state, verbs of the driver)."""
        stored = objects.Operation.get_by_uuid(
            self.context, self.operation.uuid)
        return (stored.state, stored.instance.vm_state,
                self.host.driver.names())

    def test_plugged_in(self):
        self.tell()
        work = self.see_through()
        self.assertEqual(('succeeded', 'active', ['unpause']), self.ended())
        self.assertEqual(policy.Fate.FINISHED, work.fate)
        self.assertEqual(policy.OnShutdown.ABORT, work.on_shutdown)

    def test_failed(self):
        """No guest is left, and its ports are given back."""
        self.tell('failed')
        self.see_through()
        self.assertEqual(('failed', 'error', ['destroy']), self.ended())
        self.assertEqual([self.instance.uuid], self.network.released)

    def test_not_in_time(self):
        self.plug(timeout=0)
        self.see_through()
        self.assertEqual(('failed', 'error', ['destroy']), self.ended())

    def test_not_in_time_and_not_fatal(self):
        self.plug(timeout=0, is_fatal=False)
        self.see_through()
        self.assertEqual(('succeeded', 'active', ['unpause']), self.ended())

    def test_stop_hands_it_to_another_host(self):
        """Unless its user wants it here."""
        self.host.plugging.waits.call_off(exception.CalledOff(
            task='A build', reason='host1 had to be stopped'), for_good=True)
        for params, state, sent in (
                ({}, 'running', [('build_server', None)]),
                ({'host': 'host1'}, 'failed', [])):
            self.operation.params = dict(
                self.operation.params, **{'host': None, **params})
            del self.host.publisher.sent[:], self.host.driver.calls[:]
            work = self.see_through()
            self.assertEqual(policy.Fate.ABORTED, work.fate)
            self.assertEqual(sent, self.host.publisher.sent)
            self.assertEqual(state, self.ended()[0])
            self.assertEqual(['destroy'], self.host.driver.names())
            self.operation = self.claimed(
                instance=self.make_instance(
                    vm_state='building', ports=self.instance.ports),
                kind='build', step='build_instance', claim_id='another',
                task_state='spawning', params=self.operation.params)

    def test_deleted_meanwhile(self):
        self.tell()
        self.host.turns.removed(self.instance.uuid)
        self.see_through()
        self.assertEqual(('failed', ['destroy']), self.ended()[::2])

    def test_hypervisor_that_does_not_let_it_run(self):
        self.tell()
        self.host.driver.errors['unpause'] = exception.HypervisorError(
            reason='it is broken')
        self.see_through()
        self.assertEqual(
            ('failed', 'error', ['unpause', 'destroy']), self.ended())

    def test_record_that_cannot_be_written(self):
        """The next start looks; a stop names it as left."""
        self.tell()
        self.patch(self.store.operations, 'finish', self._unreachable)
        work = self.see_through()
        self.assertEqual(policy.Fate.LEFT, work.fate)
        self.assertEqual('running', self.ended()[0])

    def _unreachable(self, *args, **kwargs):
        raise compute.unreachable()

    def test_fault_of_ours(self):
        self.tell()
        self.host.driver.errors['unpause'] = ValueError('a fault')
        self.see_through()
        self.assertEqual('interrupted', self.ended()[0])
