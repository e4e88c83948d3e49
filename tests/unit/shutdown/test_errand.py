"""Errands: one at a time, and none is missed."""

import threading

from nova_gs.shutdown import errand
from tests.unit import base


class ErrandTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.spawned = []
        self.runs = 0
        self.during = None
        self.errand = errand.Errand('reload', self.run_errand, self.spawn)

    def spawn(self, name, function):
        self.spawned.append((name, function))

    def run_errand(self):
        self.runs += 1
        if self.during:
            during, self.during = self.during, None
            during()

    def finish(self):
        """Let the thread that was asked for last run to its end."""
        self.spawned[-1][1]()

    def test_many_askings_are_one_run(self):
        for _ in range(1000):
            self.errand.ask()
        self.assertEqual(['reload'], [name for name, _ in self.spawned])
        self.finish()
        self.assertEqual(1, self.runs)

    def test_asked_again_runs_again(self):
        for expected in (1, 2):
            self.errand.ask()
            self.finish()
            self.assertEqual(expected, self.runs)

    def test_asked_during_a_run_leads_to_one_more(self):
        self.during = lambda: [self.errand.ask() for _ in range(3)]
        self.errand.ask()
        self.finish()
        self.assertEqual((2, 1), (self.runs, len(self.spawned)))

    def test_a_failure_does_not_end_it(self):
        def fail():
            self.errand.ask()
            raise ValueError('bad file')

        self.during = fail
        self.errand.ask()
        self.finish()
        self.assertEqual(2, self.runs)

    def test_no_thread_is_no_end(self):
        def no_thread(name, function):
            raise RuntimeError("can't start new thread")

        self.errand._spawn = no_thread
        self.errand.ask()
        self.errand._spawn = self.spawn
        self.errand.ask()
        self.finish()
        self.assertEqual(1, self.runs)

    def test_in_a_real_thread(self):
        done = threading.Event()
        errand.Errand('reload', done.set).ask()
        self.assertTrue(done.wait(30))
