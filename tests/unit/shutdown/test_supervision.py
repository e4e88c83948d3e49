"""What a service and systemd tell each other, systemd being a socket."""

import datetime
import os
import socket

import fixtures

from nova_gs.shutdown import deadlines
from nova_gs.shutdown import lease
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import supervision
from nova_gs.shutdown import systemd
from nova_gs.shutdown import tracker
from nova_gs.shutdown import unit
from tests.fixtures import clock as clock_fixture
from tests.unit import base

P = phases.Phase
MIB = 1 << 20


def patience(seconds):
    return unit.Patience('nova-compute.service', seconds, 'TimeoutStopSec',
                         'systemctl edit nova-compute.service')


class SupervisionTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 's')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(path)
        self.socket.setblocking(False)
        systemd.adopt({'NOTIFY_SOCKET': path})
        self.addCleanup(systemd.adopt, {})
        self.clock = clock_fixture.ManualClock()
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.renewed, self.remarks = [], []
        self.begin(30)

    def begin(self, seconds, total=180):
        self.patience = patience(seconds)
        self.made = supervision.Supervision(
            self.clock, deadlines.Budget(total, 20, 20),
            read=lambda: self.patience, renew=self.renewed.append,
            remark=self.remarks.append)
        self.made.meet()

    def heard(self):
        """Return what was said, each datagram a list of lines."""
        messages = []
        while True:
            try:
                messages.append(
                    self.socket.recv(4096).decode().splitlines())
            except BlockingIOError:
                return messages

    def enter(self):
        return self.gate.enter(
            'live_migration', policy.WhileDraining.NEVER,
            policy.OnShutdown.ABORT, instance_uuid='vm')

    def look(self, after=0, phase=P.DRAINING):
        self.clock.advance(after)
        self.made.look(phase, self.tracker.list(), [],
                       self.clock.utcnow() + datetime.timedelta(seconds=60))
        return self.heard()

    def test_lease(self):
        self.assertEqual(28, self.made.lease())
        self.begin(None)
        self.assertIsNone(self.made.lease())
        self.patience = None
        self.made.meet()
        self.assertIsNone(self.made.lease())

    def test_no_more_time_for_what_stands_still(self):
        work = self.enter()
        work.say('pre-copy, 9 MiB left', 10, 9 * MIB)
        self.made.lease()
        for _ in range(20):
            for line in sum(self.look(1), []):
                self.assertTrue(line.startswith('STATUS='), line)
        self.assertEqual([], self.renewed)

    def test_more_time_for_what_moves(self):
        work = self.enter()
        work.say('pre-copy, 9 MiB left', 10, 9 * MIB)
        self.made.lease()
        self.look(1)
        work.say('pre-copy, 8 MiB left', 20, 8 * MIB)
        (extension, status), = self.look(4)
        self.assertEqual('EXTEND_TIMEOUT_USEC=52000000', extension)
        self.assertIn('20 % done', status)
        self.assertEqual([50], self.renewed)

    def test_the_lease_is_remarked_on_once(self):
        work = self.enter()
        self.made.lease()
        for step in range(8):
            work.say('step %d' % step)
            self.look(4)
        self.assertEqual([lease.Remark.EXTENDED], self.remarks)
        for _ in range(10):
            self.look(2)
        self.assertEqual(
            [lease.Remark.EXTENDED, lease.Remark.NOT_EXTENDED], self.remarks)

    def test_work_that_never_moves_gets_no_more_time(self):
        self.enter()
        self.made.lease()
        self.look(lease.STALLED_AFTER - 1)
        self.assertEqual([], self.remarks)
        self.look(1)
        self.assertEqual([lease.Remark.NOT_EXTENDED], self.remarks)

    def test_no_remark_where_no_more_could_be_had(self):
        for seconds in (None, 200):
            self.begin(seconds)
            self.enter()
            self.made.lease()
            for _ in range(5):
                self.look(20)
        self.begin(30)
        for work in self.tracker.list():
            work.release()
        self.made.lease()
        self.look(20)
        self.enter()
        self.look(20, P.ABORTING)
        self.assertEqual([], self.remarks)

    def test_not_past_the_budget(self):
        work = self.enter()
        self.made.lease()
        self.look(150)
        work.say('next')
        (extension, _), = self.look(5)
        self.assertEqual('EXTEND_TIMEOUT_USEC=25000000', extension)

    def test_no_more_time_while_calling_off(self):
        work = self.enter()
        self.made.lease()
        self.look(1)
        work.say('rolling back')
        (status,), = self.look(4, P.ABORTING)
        self.assertTrue(status.startswith('STATUS=calling off'), status)
        self.assertEqual([], self.renewed)

    def test_what_systemd_has_not_heard_gives_no_time(self):
        work = self.enter()
        self.made.lease()
        self.look(1)
        systemd.adopt({})
        work.say('next')
        self.look(4)
        self.assertEqual([], self.renewed)

    def test_said_once(self):
        self.enter()
        self.made.lease()
        self.assertEqual(1, len(self.look(1)))
        self.made.look(P.DRAINING, self.tracker.list(), [],
                       self.clock.utcnow() + datetime.timedelta(seconds=60))
        self.assertEqual([], self.heard())

    def test_the_order_to_stop_does_not_hide_what_is_left(self):
        self.made.stopping()
        self.assertEqual([['STOPPING=1', 'STATUS=stopping: no new work is '
                           'taken']], self.heard())
        self.enter()
        self.made.lease()
        self.look(1)
        self.made.stopping()
        self.assertIn('1 of 1 left', self.heard()[0][1])

    def test_the_last_look_does_not_hide_that_it_leaves(self):
        self.made.leaving()
        self.assertEqual(
            [['STATUS=leaving: report, records, connections']], self.heard())
        self.assertEqual([], self.look(phase=P.RELEASING))

    def test_reload(self):
        systemd.ready('serving, with 2 workers')
        self.heard()
        self.clock.advance(7)
        with self.made.reloading():
            self.assertEqual([['RELOADING=1', 'MONOTONIC_USEC=7000000']],
                             self.heard())
            self.patience = patience(90)
        self.assertEqual([['READY=1', 'STATUS=serving, with 2 workers']],
                         self.heard())

    def test_reload_that_fails_is_over_too(self):
        systemd.ready()
        self.heard()
        self.assertRaises(ZeroDivisionError, self.fail_to_reload)
        self.assertEqual('READY=1', self.heard()[-1][0])

    def fail_to_reload(self):
        with self.made.reloading():
            1 / 0

    def test_a_reload_shows_neither_before_nor_after_serving(self):
        with self.made.reloading():
            pass
        self.assertEqual([], self.heard())
        systemd.ready()
        self.made.stopping()
        self.heard()
        with self.made.reloading():
            pass
        self.assertEqual([], self.heard())

    def test_a_reload_reads_the_unit_again(self):
        self.patience = patience(90)
        with self.made.reloading():
            pass
        self.assertEqual(88, self.made.lease())


class ComplaintTestCase(base.TestCase):

    def complaint(self, seconds, total=180):
        return supervision.complaint(
            patience(seconds), deadlines.Budget(total, 20, 20))

    def test_enough(self):
        for seconds in (None, 182, 300):
            self.assertIsNone(self.complaint(seconds), seconds)
        self.assertIsNone(supervision.complaint(
            None, deadlines.Budget(180, 20, 20)))

    def test_too_short(self):
        text = self.complaint(30)
        for part in ('30 s (TimeoutStopSec of nova-compute.service)',
                     'graceful_shutdown_timeout is 180 s',
                     'after about 14 s', 'Set TimeoutStopSec to 182 or more',
                     'systemctl edit nova-compute.service',
                     'graceful_shutdown_timeout to 28 or less'):
            self.assertIn(part, text)

    def test_as_long_as_the_budget_is_too_short(self):
        self.assertIn('182 or more', self.complaint(180))

    def test_without_a_budget(self):
        text = self.complaint(30, total=0)
        self.assertIn('is 0, which waits without end', text)
        self.assertIn('what the longest work takes', text)
        self.assertIsNone(self.complaint(None, total=0))
