"""Waiting until a host is drained, or serves again."""

from nova_gs import exception
from nova_gs.osc import api
from nova_gs.osc import wait
from tests.fixtures import drain_api
from tests.unit import base

V, OP = drain_api.view, drain_api.operation
AWAY = OSError('connection refused')


class Screen:
    """Remembers what it was to show."""

    def __init__(self):
        self.shown, self.notes = [], []

    def show(self, view):
        self.shown.append(view)

    def note(self, text):
        self.notes.append(text)


class WaitTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.screen = Screen()
        self.pauses = []

    def wait(self, *views):
        return wait.Wait(api.Drains(
            lambda api=drain_api.DrainAPI(*views): api),
                         self.screen, self.pauses.append)

    def test_until_drained(self):
        views = V(OP(1), OP(2)), V(OP(2)), V()
        self.assertEqual(views[-1],
                         self.wait(*views).until_drained('host1'))
        self.assertEqual(list(views), self.screen.shown)
        self.assertEqual([wait.EVERY] * 2, self.pauses)

    def test_drained_already(self):
        self.wait(V()).until_drained('host1')
        self.assertEqual([], self.pauses)

    def test_a_host_that_is_stopped_meanwhile(self):
        last = V(phase='stopped', live=False)
        self.assertEqual(last, self.wait(V(OP(1)), last).until_drained('h'))
        error = self.assertRaises(
            exception.Conflict, self.wait(
                V(OP(1)), V(OP(1), phase='stopped')).until_drained, 'host1')
        self.assertIn('What is open (1)', str(error))

    def test_taken_back_meanwhile(self):
        error = self.assertRaises(
            exception.Conflict, self.wait(
                V(OP(1)), V(OP(1), phase='serving')).until_drained, 'host1')
        self.assertIn('host1 takes work', str(error))

    def test_an_api_that_is_away_for_a_while(self):
        self.wait(V(OP(1)), AWAY, AWAY, V(OP(1)), AWAY, V()).until_drained('h')
        self.assertEqual(['The compute API does not answer: connection '
                          'refused. Trying on.'] * 2, self.screen.notes)
        self.assertEqual(3, len(self.screen.shown))

    def test_an_api_that_does_not_come_back(self):
        self.assertRaises(exception.PeerUnavailable,
                          self.wait(V(OP(1)), AWAY).until_drained, 'host1')
        self.assertEqual(1 + wait.PATIENCE, len(self.pauses))

    def test_what_waiting_does_not_mend(self):
        self.assertRaises(
            exception.NotFound, self.wait(
                V(OP(1)), drain_api.Answer(404)).until_drained, 'host1')

    def test_until_serving(self):
        self.wait(V(), V(phase='serving', live=False),
                  V(phase='serving')).until_serving('host1')
        self.assertEqual(3, len(self.screen.shown))

    def test_until_serving_of_a_stopped_host(self):
        self.assertRaises(
            exception.Conflict,
            self.wait(V(phase='stopped')).until_serving, 'host1')
