import threading

import fixtures

from nova_gs import exception
from nova_gs.virt.fake import client
from nova_gs.virt.fake import protocol
from tests.unit.virt.fake import base


class ServerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.one = self.host()
        self.spawn(self.one)

    def _in_background(self, *args, **kwargs):
        """Call in a thread; returns the thread and its list of results."""
        results = []

        def run():
            try:
                results.append(self.one.call(*args, **kwargs))
            except exception.NovaGSException as error:
                results.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread, results

    def _events(self, verb):
        return [one['event'] for one in self.one.control.journal(verb)]

    def test_begun_and_ended(self):
        self.one.call('reboot', hard=True)
        begun, ended = self.one.control.journal('reboot')
        self.assertEqual(begun['call'], ended['call'])
        self.assertEqual(('begun', 'ended', base.GUEST),
                         (begun['event'], ended['event'], ended['guest']))
        self.assertLessEqual(begun['mono'], ended['mono'])

    def test_failed_says_why_and_changes_nothing(self):
        before = self.one.world.get('guests', base.GUEST)
        self.one.control.fail('reboot', reason='no power')
        self.assertEqual('no power', self.refused(self.one.call, 'reboot'))
        self.assertEqual(['begun', 'failed'], self._events('reboot'))
        self.assertEqual('no power',
                         self.one.control.journal('reboot')[1]['reason'])
        self.assertEqual(before, self.one.world.get('guests', base.GUEST))

    def test_a_held_call_has_begun_and_not_happened(self):
        before = self.one.world.get('guests', base.GUEST)
        self.one.control.hold('reboot')
        thread, results = self._in_background('reboot')
        self.one.control.wait_for('reboot', 'begun')
        self.assertEqual(before, self.one.world.get('guests', base.GUEST))
        self.assertEqual(['begun'], self._events('reboot'))
        self.one.control.release('reboot')
        thread.join(10)
        self.assertEqual([None], results)

    def test_a_held_answer_has_happened(self):
        self.one.control.hold('destroy', at='answer')
        thread, results = self._in_background('destroy')
        self.one.control.wait_for('destroy', 'ended')
        self.assertEqual({}, self.one.control.world()['guests'])
        self.assertEqual([], results)
        self.one.control.release('destroy')
        thread.join(10)
        self.assertEqual([None], results)

    def test_one_guest_one_call_at_a_time(self):
        self.one.control.hold('reboot')
        first, _ = self._in_background('reboot')
        self.one.control.wait_for('reboot', 'begun')
        second, _ = self._in_background('power_off')
        self.spawn(self.one, 'another')
        self.assertEqual([], self._events('power_off'))
        self.one.control.release('reboot')
        first.join(10)
        second.join(10)
        self.assertEqual(
            ['reboot', 'reboot', 'power_off', 'power_off'],
            [one['verb'] for one in self.one.control.journal(
                guest=base.GUEST) if one['verb'] != 'spawn'])

    def test_a_guest_that_stays_busy(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.virt.fake.server.BUSY_AFTER', 0.05))
        self.one.control.hold('reboot')
        thread, _ = self._in_background('reboot')
        self.one.control.wait_for('reboot', 'begun')
        self.assertIn('busy', self.refused(self.one.call, 'destroy'))
        self.one.control.reset()
        thread.join(10)

    def test_looks_go_on_beside_a_held_call(self):
        self.one.control.hold('reboot')
        thread, _ = self._in_background('reboot')
        self.one.control.wait_for('reboot', 'begun')
        self.one.call('get_guest')
        self.one.call('console_output')
        self.one.control.release('reboot')
        thread.join(10)

    def test_a_call_goes_on_without_its_client(self):
        self.one.control.hold('destroy')
        with protocol.Channel.connect(self.one.path) as channel:
            channel.send({'verb': 'destroy', 'guest': base.GUEST})
            self.one.control.wait_for('destroy', 'begun')
        self.one.control.release('destroy')
        self.one.control.wait_for('destroy', 'ended')
        self.assertEqual({}, self.one.control.world()['guests'])

    def test_stop_fails_what_is_held(self):
        self.one.control.hold('reboot')
        thread, results = self._in_background('reboot')
        self.one.control.wait_for('reboot', 'begun')
        self.one.switches.stop()
        thread.join(10)
        self.assertIsInstance(results[0], exception.HypervisorUnavailable)
        self.assertEqual('the hypervisor was stopped',
                         self.one.journal.entries()[-1]['reason'])

    def test_nonsense_is_refused_and_does_no_harm(self):
        self.assertIn("'rebot'", self.refused(
            self.one.control.hold, 'rebot'))
        self.assertIn("'rebot'", self.refused(self.one.call, 'rebot'))
        self.refused(self.one.control._ask, 'explode')
        self.refused(self.one.call, 'spawn', 'other')
        self.one.control.ping()


class ControlTestCase(base.TestCase):

    def test_wait_for_says_what_came_instead(self):
        one = self.host()
        self.spawn(one)
        error = self.assertRaises(
            TimeoutError, one.control.wait_for, 'reboot', timeout=0)
        self.assertIn('spawn ended', str(error))

    def test_nobody_there(self):
        control = client.control(self.directory + '/none.sock')
        self.assertIn('none.sock', self.refused(
            control.ping, error=exception.HypervisorUnavailable))
