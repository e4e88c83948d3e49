"""How long a live migration may take, and that it is seen to."""

from nova_gs.compute.live_migration import completion
from nova_gs.conf import libvirt as libvirt_conf
from nova_gs import exception
from tests.unit import base
from tests.unit.compute.live_migration import base as source_base

ABORT, FORCE = libvirt_conf.ABORT, libvirt_conf.FORCE_COMPLETE
GIB = 1 << 30
VERDICT = completion.Verdict


class TestDecide(base.TestCase):

    def test_table(self):
        for per_gib, action, size, elapsed, forced, verdict in (
                (0, ABORT, GIB, 10 ** 6, False, VERDICT.WAIT),
                (10, ABORT, GIB, 9.9, False, VERDICT.WAIT),
                (10, ABORT, GIB, 10, False, VERDICT.ABORT),
                (10, ABORT, 0, 9, False, VERDICT.WAIT),
                (10, ABORT, 1, 10, False, VERDICT.ABORT),
                (10, ABORT, GIB + 1, 19, False, VERDICT.WAIT),
                (10, ABORT, GIB + 1, 20, False, VERDICT.ABORT),
                (10, ABORT, GIB, 10, True, VERDICT.ABORT),
                (10, FORCE, GIB, 9, False, VERDICT.WAIT),
                (10, FORCE, GIB, 10, False, VERDICT.FORCE),
                (10, FORCE, GIB, 10, True, VERDICT.WAIT)):
            self.assertIs(verdict, completion.decide(
                completion.Patience(per_gib, action), size, elapsed, forced),
                (per_gib, action, size, elapsed, forced))

    def test_options(self):
        self.assertEqual(completion.Patience(800, ABORT),
                         completion.Patience.of(self.conf))
        self.flags(group='libvirt', live_migration_completion_timeout=5,
                   live_migration_timeout_action=FORCE)
        self.assertEqual(completion.Patience(5, FORCE),
                         completion.Patience.of(self.conf))


class TestMind(source_base.SourceTestCase):

    def set_patience(self, action):
        object.__setattr__(self.host, 'patience',
                           completion.Patience(10, action))
        self.handle = self.host.driver.handle
        self.handle.elapsed = 11

    def test_called_off(self):
        self.set_patience(ABORT)
        self.begin()
        self.wait_over()
        ending = self.operation.last()[1]['params']['ending']
        self.assertEqual('cancelled', ending['migration_status'])
        self.assertIn('live_migration_completion_timeout allows 10 s',
                      ending['reason'])

    def test_made_to_end(self):
        self.set_patience(FORCE)
        self.begin()
        self.wait_started()
        departure, = self.departures.under_way()
        completion.mind(departure, self.handle.progress())
        self.assertTrue(departure.is_forced and self.handle.forced)
        self.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual('post-migrating', self.operation.statuses()[-1])

    def test_not_what_is_past_the_point(self):
        self.set_patience(ABORT)
        self.handle.phase = 'post-copy'
        self.begin()
        self.wait_started()
        departure, = self.departures.under_way()
        completion.mind(departure, self.handle.progress())
        self.assertFalse(departure.is_settled)
        self.handle.end(arrived=True)
        self.wait_over()

    def test_goes_on_where_it_cannot_be_done(self):
        self.set_patience(ABORT)
        self.handle.refuses_abort = exception.MigrationNotAbortable(
            migration_id='m', instance_id='i', status='in post-copy')
        self.begin()
        self.wait_started()
        departure, = self.departures.under_way()
        completion.mind(departure, self.handle.progress())
        self.assertFalse(departure.is_settled)
        self.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual('post-migrating', self.operation.statuses()[-1])
