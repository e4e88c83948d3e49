"""The table of what a start makes of a step that was cut."""

from nova_gs.compute import verdicts
from nova_gs.rpc import catalogue
from nova_gs.virt import driver
from tests.unit import base

Found, Verdict = verdicts.Found, verdicts.Verdict


class TableTestCase(base.TestCase):

    def test_every_step_of_a_compute_has_its_rows(self):
        steps = {row.name for row in catalogue.ROWS.values()
                 if row.kind is catalogue.Kind.CAST
                 and row.role is not catalogue.Role.READ
                 and not catalogue.is_conductor_step(row.name)}
        self.assertEqual(steps, set(verdicts.TABLE))
        for step, rows in verdicts.TABLE.items():
            self.assertEqual(set(Found), set(rows), step)

    def test_only_what_goes_on_by_itself_is_adopted(self):
        adopted = {step for step, rows in verdicts.TABLE.items()
                   if Verdict.ADOPT in [row.verdict for row in rows.values()]}
        self.assertEqual({'live_migration', 'build_instance'}, adopted)
        self.assertIs(
            Verdict.ADOPT,
            verdicts.TABLE['build_instance'][Found.WAITS].verdict)

    def test_steps_of_two_hosts_act_elsewhere(self):
        """On one guest something is done, or it is taken down as it is."""
        for step, rows in verdicts.TABLE.items():
            alone = (catalogue.ROWS[step].role is catalogue.Role.BEGINS
                     and not verdicts.is_begun_again(step))
            for found, row in rows.items():
                acts = alone and found not in (Found.ABSENT, Found.MOVES)
                if step in ('build_instance', 'delete_instance'):
                    acts = row.verdict not in (Verdict.FAIL, Verdict.ADOPT)
                self.assertEqual(acts, row.act is not None, (step, found))

    def test_sentences(self):
        for rows in verdicts.TABLE.values():
            for row in rows.values():
                self.assertRegex(row.told, r'^[A-Z].*\.$')

    def test_no_guest_is_restarted_twice(self):
        rows = verdicts.TABLE['reboot_instance']
        self.assertIs(Verdict.FAIL, rows[Found.RUNS].verdict)
        self.assertIs(Verdict.FINISH, rows[Found.OFF].verdict)

    def test_what_stands_still_is_made_so_or_was(self):
        for step, done, to_do in (
                ('pause_instance', {Found.PAUSED}, {Found.RUNS}),
                ('unpause_instance', {Found.RUNS}, {Found.PAUSED}),
                ('suspend_instance', {Found.SUSPENDED},
                 {Found.RUNS, Found.PAUSED}),
                ('resume_instance', {Found.RUNS},
                 {Found.SUSPENDED, Found.PAUSED})):
            rows = verdicts.TABLE[step]
            self.assertEqual(
                done | to_do, {found for found, row in rows.items()
                               if row.verdict is Verdict.FINISH
                               and found is not Found.WAITS}, step)
            for found in done:
                self.assertIn('had been', rows[found].told)
            for found in to_do:
                self.assertIn('now', rows[found].told)

    def test_what_a_conductor_had_in_hand(self):
        for row in catalogue.ROWS.values():
            if (catalogue.is_conductor_step(row.name)
                    and row.role is catalogue.Role.BEGINS):
                self.assertFalse(verdicts.looks(row.name))
                self.assertIs(Verdict.FAIL,
                              verdicts.decide(row.name, None).verdict)

    def test_what_is_begun_again(self):
        """It may be repeated, wherever it was cut."""
        self.assertEqual(
            {'post_live_migration_at_destination',
             'rollback_live_migration_at_destination',
             'post_live_migration_at_source', 'prep_resize',
             'resize_instance', 'finish_resize', 'confirm_resize',
             'revert_resize', 'finish_revert_resize'},
            set(filter(verdicts.is_begun_again, verdicts.TABLE)))
        self.assertFalse(verdicts.is_begun_again('migrate_server'))

    def test_who_is_looked_at(self):
        self.assertEqual(
            {'build_instance', 'start_instance', 'stop_instance',
             'reboot_instance', 'pause_instance', 'unpause_instance',
             'suspend_instance', 'resume_instance', 'live_migration'},
            set(filter(verdicts.looks, verdicts.TABLE)))
        for step in verdicts.TABLE:
            if not verdicts.looks(step):
                self.assertIs(Verdict.FINISH,
                              verdicts.decide(step, None).verdict)

    def test_found(self):
        states = driver.PowerState
        self.assertIs(Found.ABSENT, verdicts.found(None))
        for state, found in ((states.RUNNING, Found.RUNS),
                             (states.SHUTDOWN, Found.OFF),
                             (states.CRASHED, Found.OFF),
                             (states.PAUSED, Found.PAUSED),
                             (states.SUSPENDED, Found.SUSPENDED),
                             (states.NOSTATE, Found.PAUSED)):
            self.assertIs(found, verdicts.found(driver.Guest('u', state)))

    def test_only_what_stands_still_waits(self):
        states = driver.PowerState
        for state, found in ((states.PAUSED, Found.WAITS),
                             (states.RUNNING, Found.RUNS)):
            self.assertIs(found, verdicts.found(
                driver.Guest('u', state), waits=True))
        self.assertIs(Found.ABSENT, verdicts.found(None, waits=True))
