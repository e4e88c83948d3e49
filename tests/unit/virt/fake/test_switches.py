import threading

from nova_gs import clock
from nova_gs import exception
from nova_gs.virt.fake import protocol
from nova_gs.virt.fake import switches
from tests.unit import base


class SwitchesTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.switches = switches.Switches(
            clock.Clock(), {'spawn': 600.0}, ['destroy'])

    def _staying(self, call, stay=None):
        """Return the event that tells when a call has stayed its time."""
        over = threading.Event()

        def run():
            (stay or self.switches.stay)(call)
            over.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)
        return over

    def test_a_call_lasts_as_its_switch_request_or_base_says(self):
        self.assertEqual(600.0, self.switches.duration('spawn'))
        self.assertEqual(2.0, self.switches.duration('spawn', 2.0))
        self.switches.set_duration('spawn', 7)
        self.assertEqual(7.0, self.switches.duration('spawn', 2.0))
        self.switches.set_duration('spawn', None)
        self.assertEqual(2.0, self.switches.duration('spawn', 2.0))
        self.assertEqual(0.0, self.switches.duration('reboot'))

    def test_a_running_call_can_be_hurried(self):
        over = self._staying(protocol.Call('spawn', 'g'))
        self.assertFalse(over.is_set())
        self.switches.set_duration('spawn', 0)
        self.assertTrue(over.wait(5))

    def test_a_hold_keeps_and_a_release_lets_go(self):
        self.switches.hold('reboot')
        one = self._staying(protocol.Call('reboot', 'one'))
        two = self._staying(protocol.Call('reboot', 'two'))
        self.assertFalse(one.wait(0.05))
        self.switches.release('reboot')
        self.assertTrue(one.wait(5) and two.wait(5))

    def test_a_hold_of_one_guest_leaves_others_alone(self):
        self.switches.hold('reboot', 'one')
        one = self._staying(protocol.Call('reboot', 'one'))
        self.assertTrue(
            self._staying(protocol.Call('reboot', 'two')).wait(5))
        self.switches.release('reboot', 'two')
        self.assertFalse(one.wait(0.05))
        self.switches.release('reboot', 'one')
        self.assertTrue(one.wait(5))

    def test_an_answer_can_be_held_back(self):
        self.switches.hold('reboot', at='answer')
        call = protocol.Call('reboot', 'g')
        self.switches.stay(call)
        over = self._staying(call, self.switches.stay_answer)
        self.assertFalse(over.wait(0.05))
        self.switches.reset()
        self.assertTrue(over.wait(5))
        self.assertRaises(ValueError, self.switches.hold, 'reboot', at='end')

    def test_interruption_ends_a_stay(self):
        self.switches.hold('start_migration')
        call = protocol.Call('start_migration', 'g')
        told = []
        over = self._staying(
            call, lambda one: self.switches.stay(one, lambda: bool(told)))
        told.append(1)
        self.switches.poke()
        self.assertTrue(over.wait(5))

    def test_stop_ends_every_stay(self):
        self.switches.stop()
        call = protocol.Call('spawn', 'g')
        self.assertRaises(switches.Stopped, self.switches.stay, call)
        self.assertRaises(switches.Stopped, self.switches.pause, 60)

    def _outcomes(self, verb, times, guest='g', **kwargs):
        def one():
            try:
                self.switches.check_failure(
                    protocol.Call(verb, guest, **kwargs))
            except exception.NovaGSException as error:
                return str(error)
        return [one() for _ in range(times)]

    def test_failures_are_used_up(self):
        self.switches.fail('reboot', times=2, reason='broken')
        self.assertEqual(['broken', 'broken', None],
                         self._outcomes('reboot', 3))

    def test_failures_for_one_guest_and_for_ever(self):
        self.switches.fail('reboot', 'one', times=None, reason='broken')
        self.assertEqual([None], self._outcomes('reboot', 1, 'two'))
        self.assertEqual(['broken'] * 3, self._outcomes('reboot', 3, 'one'))
        self.switches.reset()
        self.assertEqual([None], self._outcomes('reboot', 1, 'one'))

    def test_failures_of_command_line_and_request(self):
        self.assertIn('destroy', self._outcomes('destroy', 1)[0])
        self.assertIn('reboot', self._outcomes('reboot', 1, fail=True)[0])

    def test_pre_checks_fail_as_pre_checks(self):
        self.switches.fail('check_migration', reason='no room')
        error = self.assertRaises(
            exception.MigrationPreCheckError, self.switches.check_failure,
            protocol.Call('check_migration', 'g'))
        self.assertIn('no room', str(error))
