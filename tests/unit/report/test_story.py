"""A report as a story in seconds."""

import dataclasses

from nova_gs import exception
from nova_gs.report import story
from nova_gs.shutdown import lease
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import report
from tests.fixtures import reports
from tests.unit import base

F = policy.Fate


class StoryTestCase(base.TestCase):

    def test_everything_is_in_seconds_of_the_stop(self):
        told = story.tell(reports.troubled())
        self.assertEqual(reports.BEGAN, told.began)
        self.assertAlmostEqual(160.4, told.seconds)
        self.assertEqual(
            [('draining', 0, 140, 'SIGTERM'),
             ('aborting', 140, 160, 'no time left to complete'),
             ('releasing', 160, 160.4, 'no time left to call off')],
            [(band.name, band.start, round(band.end, 3), band.cause)
             for band in told.bands])
        self.assertEqual(
            [('call off', 140), ('let go', 160), ('exit', 180)],
            [(mark.text, mark.at) for mark in told.deadlines])
        self.assertEqual([(70, 'systemd granted 30 s more')],
                         [(event.at, event.text) for event in told.events])
        self.assertEqual(6, told.refusals)

    def test_what_needs_somebody_comes_first(self):
        told = story.tell(reports.troubled())
        self.assertEqual([F.LEFT] + [F.ABORTED] * 2 + [F.FINISHED] * 4,
                         [bar.fate for bar in told.bars])
        self.assertEqual([-31, -12.5, -4, 12],
                         [bar.start for bar in told.with_fate(F.FINISHED)])

    def test_what_did_not_end_lasts_to_the_end(self):
        bar, = story.tell(reports.troubled()).with_fate(F.LEFT)
        self.assertAlmostEqual(160.4, bar.end)
        self.assertEqual('left at 62 %', bar.remark)

    def test_it_begins_where_the_host_served_last(self):
        stop = reports.stop()
        # Quiesced and taken back an hour ago, quiesced again, then stopped.
        hour = reports.phases(('quiesced', 60, 'quiesce'))[1]
        stop.phases.insert(0, dataclasses.replace(
            hour, entered_at=reports.at(-9000)))
        stop.phases.insert(2, dataclasses.replace(
            hour, entered_at=reports.at(-60)))
        told = story.tell(stop)
        self.assertEqual(['quiesced', 'draining', 'releasing'],
                         [band.name for band in told.bands])
        self.assertEqual(0, told.bands[0].start)
        self.assertEqual(70.25, told.seconds)

    def test_a_lease_that_moved(self):
        for ends, extra in (
                ([], []), ([30], []), ([30, 180.2], [('first lease', 30)]),
                ([30, 170], [('first lease', 30), ('lease', 170)])):
            told = story.tell(reports.stop(
                lease_ends=[reports.at(end) for end in ends]))
            marks = [(mark.text, mark.at) for mark in told.deadlines]
            self.assertEqual(sorted(marks, key=lambda mark: mark[1]), marks)
            self.assertEqual(extra, [mark for mark in marks
                                     if 'lease' in mark[0]])

    def test_events_of_an_earlier_life_are_left_out(self):
        told = story.tell(reports.stop(events=[
            report.EventRecord(reports.at(-9), 'quiesce'),
            report.EventRecord(reports.at(9), 'abort_due')]))
        self.assertEqual([(9, 'no time left to complete')],
                         [(event.at, event.text) for event in told.events])

    def test_every_event_has_a_cause(self):
        for event in (*phases.Event, *lease.Remark):
            self.assertIn(event.value, story.CAUSES)

    def test_a_report_of_the_first_schema(self):
        words = reports.troubled().to_dict()
        words['schema'] = 1
        for name in ('deadlines', 'handed_back', 'events'):
            del words[name]
        for work in words['works']:
            for name in ('ended_at', 'kind', 'request_id'):
                del work[name]
        told = story.tell(report.DrainReport.from_dict(words))
        self.assertEqual([], told.deadlines)
        self.assertEqual(7, len(told.bars))

    def test_nonsense(self):
        for change in ({'written_at': 'yesterday'}, {'written_at': None}):
            self.assertRaises(
                exception.Invalid, story.tell,
                dataclasses.replace(reports.stop(), **change))
        self.assertRaises(
            exception.Invalid, story.tell,
            reports.stop([reports.work(1, 0, 1, fate='eaten')]))
