"""The record follows the hypervisor, unless somebody works at the guest."""

from nova_gs.compute import power_sync
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit.db import base

STATE = driver.PowerState


class TestDecide(base.base.TestCase):

    def test_table(self):
        objects.register_all()
        for vm_state, recorded, found, changes in (
                ('active', STATE.RUNNING, STATE.RUNNING, {}),
                ('active', STATE.RUNNING, STATE.SHUTDOWN,
                 {'power_state': 4, 'vm_state': 'stopped'}),
                ('active', STATE.RUNNING, STATE.CRASHED,
                 {'power_state': 6, 'vm_state': 'stopped'}),
                ('active', STATE.RUNNING, STATE.PAUSED,
                 {'power_state': 3, 'vm_state': 'paused'}),
                ('active', STATE.RUNNING, STATE.SUSPENDED,
                 {'power_state': 7, 'vm_state': 'suspended'}),
                ('stopped', STATE.SHUTDOWN, STATE.RUNNING,
                 {'power_state': 1, 'vm_state': 'active'}),
                ('stopped', STATE.SHUTDOWN, STATE.CRASHED,
                 {'power_state': 6}),
                ('paused', STATE.PAUSED, STATE.RUNNING,
                 {'power_state': 1, 'vm_state': 'active'}),
                ('active', STATE.RUNNING, None, {'power_state': 0}),
                ('active', STATE.RUNNING, STATE.NOSTATE,
                 {'power_state': 0}),
                # A server that is broken stays so, whatever its guest does.
                ('error', STATE.NOSTATE, STATE.RUNNING,
                 {'power_state': 1}),
                ('building', STATE.NOSTATE, None, {})):
            guest = None if found is None else driver.Guest('u', found)
            self.assertEqual(changes, power_sync.decide(objects.Instance(
                vm_state=vm_state, power_state=int(recorded)), guest),
                (vm_state, found))


class PowerSyncTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.flags(sync_power_state_interval=600)
        self.host = compute.host(self.conf)
        self.driver = self.host.driver
        self.driver.guests = {}
        self.sync = power_sync.PowerSync(
            self.host, self.context, self.conf, spawn=lambda _name, act: act())

    def running(self, **values):
        instance = self.make_instance(
            host='host1', **dict(dict(power_state=1), **values))
        self.driver.guests[instance.uuid] = STATE.RUNNING
        return instance

    def seen(self, instance):
        now = objects.Instance.get_by_uuid(self.context, instance.uuid)
        return now.vm_state, now.power_state

    def actions(self, instance):
        return [(action.action, action.message) for action
                in objects.InstanceActionList.get_by_instance(
                    self.context, instance.uuid)]

    def test_guest_that_switches_itself_off(self):
        off, still = self.running(), self.running()
        self.driver.guests[off.uuid] = STATE.SHUTDOWN
        self.assertEqual(1, self.sync.look())
        self.assertEqual(('stopped', 4), self.seen(off))
        self.assertEqual(('active', 1), self.seen(still))
        (name, told), = self.actions(off)
        self.assertEqual('sync-power-state', name)
        self.assertIn('found switched off', told)
        self.assertEqual(0, self.sync.look())

    def test_guest_that_is_gone_is_no_action(self):
        gone = self.running()
        self.driver.guests.clear()
        self.assertEqual(1, self.sync.look())
        self.assertEqual(('active', 0), self.seen(gone))
        self.assertEqual([], self.actions(gone))

    def test_others_are_left_alone(self):
        busy = self.running(task_state='rebooting')
        elsewhere = self.make_instance(host='host2', power_state=1)
        self.driver.guests[busy.uuid] = STATE.SHUTDOWN
        self.assertEqual(0, self.sync.look())
        self.assertEqual(('active', 1), self.seen(busy))
        self.assertEqual(('active', 1), self.seen(elsewhere))

    def test_what_was_asked_for_meanwhile_counts(self):
        instance = self.running()

        def ask():
            self.driver.guests[instance.uuid] = STATE.SHUTDOWN
            self.accept(instance, kind='stop', step='stop_instance',
                        task_state='powering-off')

        self.driver.before_list = ask
        self.assertEqual(0, self.sync.look())
        self.assertEqual(('active', 1), self.seen(instance))

    def test_beats(self):
        self.sync.begin()
        off = self.running()
        self.driver.guests[off.uuid] = STATE.SHUTDOWN
        self.sync.beat()
        self.assertEqual(('active', 1), self.seen(off))
        self.host.clock.advance(601)
        self.driver.errors['list_guests'] = exception.HypervisorError(
            reason='busy')
        self.sync.beat()
        self.assertEqual(('active', 1), self.seen(off))
        self.driver.errors.clear()
        self.sync.beat()
        self.assertEqual(('active', 1), self.seen(off))
        self.host.clock.advance(600)
        self.sync.beat()
        self.assertEqual(('stopped', 4), self.seen(off))

    def test_nobody_looks(self):
        self.flags(sync_power_state_interval=0)
        off = self.running()
        self.driver.guests[off.uuid] = STATE.SHUTDOWN
        self.host.clock.advance(10000)
        self.sync.beat()
        self.assertEqual(('active', 1), self.seen(off))

    def test_start_with_a_hypervisor_that_does_not_answer(self):
        self.driver.errors['list_guests'] = (
            exception.HypervisorUnavailable(uri='here', reason='away'))
        self.sync.begin()
