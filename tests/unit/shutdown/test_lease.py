"""When more time is asked for: only while work moves, never too much."""

from nova_gs.shutdown import deadlines
from nova_gs.shutdown import lease
from tests.unit import base

MIB = 1 << 20


class MotionTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.motion = lease.Motion()

    def look(self, *works):
        """Look at works given as (key, phase, MiB left or None)."""
        return self.motion.look([
            lease.sight_of(key, phase, left and left * MIB)
            for key, phase, left in works])

    def test_the_first_look_shows_no_motion(self):
        self.assertFalse(self.look(('a', 'pre-copy', 9)))
        self.assertFalse(self.look(('a', 'pre-copy', 9)))

    def test_bytes_left_fall(self):
        self.look(('a', 'pre-copy, 9 MiB left', 9))
        self.assertTrue(self.look(('a', 'pre-copy, 8 MiB left', 8)))
        self.assertFalse(self.look(('a', 'pre-copy, 8 MiB left', 8)))

    def test_a_guest_that_writes_as_fast_stands_still(self):
        self.look(('a', 'pre-copy, 9 MiB left', 9))
        self.look(('a', 'pre-copy, 3 MiB left', 3))
        for left in (9, 6, 3, 8, 5, 4):
            self.assertFalse(self.look(
                ('a', 'pre-copy, %d MiB left' % left, left)), left)
        self.assertTrue(self.look(('a', 'pre-copy, 2 MiB left', 2)))

    def test_a_phase_changes(self):
        self.look(('a', 'pre-copy, 3 MiB left', 3))
        self.assertTrue(self.look(('a', 'post-copy, 9 MiB left', 9)))
        self.assertTrue(self.look(('a', 'arrived', None)))
        self.assertFalse(self.look(('a', 'arrived', None)))

    def test_what_counts_no_bytes_moves_with_its_words(self):
        self.look(('a', 'fetched 3 of 9', None))
        self.assertFalse(self.look(('a', 'fetched 3 of 9', None)))
        self.assertTrue(self.look(('a', 'fetched 4 of 9', None)))

    def test_one_begins_and_one_ends(self):
        self.look(('a', '', None))
        self.assertTrue(self.look(('a', '', None), ('b', '', None)))
        self.assertTrue(self.look(('b', '', None)))
        self.assertTrue(self.look())
        self.assertFalse(self.look())

    def test_one_of_many_is_enough(self):
        self.look(('a', 'x', 9), ('b', 'x', 9))
        self.assertTrue(self.look(('a', 'x', 9), ('b', 'x', 8)))


class ExtensionTestCase(base.TestCase):

    def extension(self, now, ends_at=30, moved_at=None, limit=180, hold=52):
        return lease.extension(now, ends_at, moved_at, limit, hold)

    def test_nothing_without_a_move(self):
        self.assertIsNone(self.extension(5))

    def test_nothing_where_nobody_kills(self):
        self.assertIsNone(self.extension(5, ends_at=None, moved_at=5))

    def test_held_from_the_last_move_on(self):
        self.assertEqual(52, self.extension(5, moved_at=5))
        self.assertEqual(49, self.extension(8, moved_at=5))

    def test_not_for_little(self):
        self.assertIsNone(self.extension(5.9, ends_at=57, moved_at=5.9))
        self.assertEqual(52, self.extension(6, ends_at=57, moved_at=6))

    def test_a_long_lease_is_left_alone(self):
        self.assertIsNone(self.extension(50, ends_at=200, moved_at=50))

    def test_never_past_the_budget(self):
        self.assertEqual(20, self.extension(160, ends_at=170, moved_at=160))
        self.assertAlmostEqual(0.5, self.extension(
            179.5, ends_at=179.9, moved_at=179))
        self.assertIsNone(self.extension(179.5, ends_at=180, moved_at=179))

    def test_without_a_budget_as_long_as_it_moves(self):
        self.assertEqual(52, self.extension(
            10 ** 6, ends_at=10 ** 6 + 20, moved_at=10 ** 6, limit=None))


class UsableTestCase(base.TestCase):

    def test_usable(self):
        self.assertIsNone(lease.usable(None))
        self.assertEqual((28, 9, 88), (
            lease.usable(30), lease.usable(10), lease.usable(90)))

    def test_needed_is_what_leaves_the_budget_usable(self):
        for budget in (1, 10, 17, 18, 20, 180):
            self.assertAlmostEqual(
                budget, lease.usable(lease.needed(budget)))


class CourseTestCase(base.TestCase):
    """A whole stop, second by second: TimeoutStopSec 30, budget 180."""

    def lead(self, left_at):
        """Return (when it is called off, when systemd would kill).

        :param left_at: callable(second) -> bytes left at that second
        """
        budget = deadlines.Budget(180, 20, 20)
        motion, moved_at, ends_at = lease.Motion(), None, 30
        cut = budget.start(0, lease.usable(30))
        for now in range(1, 400):
            if now >= min(cut.abort_at, ends_at):
                break
            if motion.look([lease.sight_of('a', 'copying', left_at(now))]):
                moved_at = now
            more = lease.extension(now, ends_at, moved_at, 180, 52)
            if more is not None:
                ends_at = now + more
                cut = budget.start(0, now + lease.usable(more))
        return cut, ends_at

    def test_stalled(self):
        cut, ends_at = self.lead(lambda now: 1000)
        self.assertEqual((14, 21, 28, 30), (
            cut.abort_at, cut.release_at, cut.exit_at, ends_at))

    def test_moving(self):
        cut, ends_at = self.lead(lambda now: 10 ** 6 - now)
        self.assertEqual((138, 158, 178, 180), (
            cut.abort_at, cut.release_at, cut.exit_at, ends_at))

    def test_stalled_on_the_way(self):
        cut, ends_at = self.lead(lambda now: 10 ** 6 - min(now, 40))
        self.assertEqual((50, 70, 90, 92), (
            cut.abort_at, cut.release_at, cut.exit_at, ends_at))
