"""Plans: the same for the same seed, and never two faults on one part."""

from bench import storm
from tests.unit import base

HOSTS = {'fake': ['host-%d' % number for number in range(8)],
         'libvirt': ['host-a', 'host-b', 'host-c']}


def plans(driver, count=200):
    return [storm.plan(7, number, HOSTS[driver], driver)
            for number in range(1, count)]


class TestPlan(base.TestCase):

    def test_same_seed_same_plan(self):
        self.assertEqual(plans('fake', 20), plans('fake', 20))

    def test_pinned(self):
        """A seed that is written down means the same tomorrow."""
        plan = storm.plan(1, 2, HOSTS['libvirt'], 'libvirt')
        self.assertEqual(PINNED, str(plan))

    def test_others_differ(self):
        plan = storm.plan(1, 1, HOSTS['fake'], 'fake')
        for other in (storm.plan(2, 1, HOSTS['fake'], 'fake'),
                      storm.plan(1, 2, HOSTS['fake'], 'fake'),
                      storm.plan(1, 1, HOSTS['fake'][:4], 'fake')):
            self.assertNotEqual(plan, other)

    def test_everything_begins_in_time_and_in_order(self):
        for plan in plans('fake'):
            for part in (plan.asks, plan.faults):
                moments = [each.at for each in part]
                self.assertEqual(sorted(moments), moments)
                self.assertTrue(all(
                    0 <= at <= storm.LASTS for at in moments))

    def test_no_part_has_two_faults(self):
        for driver in HOSTS:
            for plan in plans(driver):
                parts = [fault.part for fault in plan.faults]
                self.assertEqual(sorted(set(parts)), sorted(parts))
                self.assertTrue(parts)

    def test_everything_comes_up(self):
        found = plans('fake')
        self.assertEqual(
            {storm.KILL, storm.TERMINATE, storm.FREEZE},
            {fault.kind for plan in found for fault in plan.faults})
        self.assertEqual(
            {*HOSTS['fake'], *storm.CONDUCTORS, storm.BROKER,
             *('hypervisor@' + host for host in HOSTS['fake'])},
            {fault.part for plan in found for fault in plan.faults})
        self.assertEqual(
            {storm.BOOT, storm.REBOOT, storm.STOP, storm.START, storm.DELETE,
             storm.MIGRATE, storm.ABORT, storm.FORCE, storm.PAUSE,
             storm.UNPAUSE, storm.SUSPEND, storm.RESUME, storm.MOVE,
             storm.RESIZE, storm.CONFIRM, storm.REVERT},
            {ask.kind for plan in found for ask in plan.asks})
        self.assertEqual(
            {True, False}, {ask.host is None for plan in found
                            for ask in plan.asks
                            if ask.kind == storm.MIGRATE})

    def test_what_libvirt_takes_too_long_for_does_not_happen(self):
        found = plans('libvirt')
        self.assertEqual({storm.KILL, storm.FREEZE}, {
            fault.kind for plan in found for fault in plan.faults
            if fault.part.startswith('libvirtd@')})


PINNED = """\
 0.44 stop guest 495
 0.47 kill conductor for 0.24 s
 0.51 resume guest 78
 1.33 migrate guest 938
 2.00 delete guest 359
 2.12 revert guest 592
 3.63 revert guest 696
 3.72 start guest 631
 4.15 force-complete guest 2
 5.00 move guest 936 to host-a"""
