"""The report in a terminal."""

from nova_gs.report import story
from nova_gs.report import table
from tests.fixtures import reports
from tests.unit import base


class TableTestCase(base.TestCase):

    def text(self, report):
        return '\n'.join(table.render(story.tell(report)))

    def test_everything(self):
        text = self.text(reports.troubled())
        for words in (
                'Stop of host1: exit code 3 (left work).',
                'It began at 2030-01-01 12:00:00 UTC and took 2 min 40 s of '
                '3 min.',
                'Phases: draining 2 min 20 s (SIGTERM), then aborting 20 s',
                'Event: systemd granted 30 s more after 70 s.',
                'Refused: 4 x build_instance, 2 x check_can_live',
                'Handed back', reports.identity(50), 'Still open on other',
                reports.identity(1007), '12 s after', '5 min before',
                'called off at 71 %', 'left to the hypervisor'):
            self.assertIn(words, text)

    def test_the_budget_counts_from_sigterm(self):
        self.assertIn('took 10 s of 3 min, after 2 h quiesced.', self.text(
            reports.stop(steps=(('quiesced', 7200, 'quiesce'),
                                ('draining', 10, 'term')))))

    def test_a_quiet_stop(self):
        text = self.text(reports.stop(budget_seconds=0))
        self.assertIn('exit code 0 (clean)', text)
        self.assertIn('took 10 s, without a deadline', text)
        self.assertIn('Nothing ran', text)
        for words in ('Refused', 'Handed back', 'Still open'):
            self.assertNotIn(words, text)
