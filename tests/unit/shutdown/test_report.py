"""The report, as a file and as lines."""

import json
import os
import types

import fixtures

from nova_gs import exception
from nova_gs.shutdown import policy
from nova_gs.shutdown import report
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.unit import base


def work_record(fate):
    clock = clock_fixture.ManualClock()
    works = tracker.Tracker(clock)
    work = tracker.Work(works, 'live_migration', policy.OnShutdown.ABORT,
                        'op-%s' % fate.value, 'vm')
    works.add(work)
    work.belongs_to(types.SimpleNamespace(
        instance_uuid='vm', kind='live-migration', request_id='req'))
    clock.advance(3)
    work.release(fate)
    return report.WorkRecord.of(work, fate)


class ReportTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.report = report.DrainReport(
            host='host1', pid=7, written_at='2030-01-01T00:00:00+00:00',
            budget_seconds=180, deadline=None, exit_code=3,
            outcome='left_work',
            phases=[report.PhaseRecord(
                'draining', '2030-01-01T00:00:00+00:00', 1.5, 'term')],
            works=[work_record(fate) for fate in policy.Fate],
            left_elsewhere=['build of vm2'], refused={'build_instance': 2})
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(self.folder, 'report.json')

    def test_file(self):
        self.report.write(self.path)
        with open(self.path, encoding='utf-8') as written:
            self.assertEqual(self.report.to_dict(), json.load(written))
        self.assertEqual(['report.json'], os.listdir(self.folder))

    def test_what_is_said_of_a_work(self):
        ended = {work.fate: work.ended_at for work in self.report.works}
        self.assertEqual(
            {'finished': '2030-01-01T00:00:03+00:00',
             'aborted': '2030-01-01T00:00:03+00:00', 'left': None}, ended)
        self.assertEqual(
            {('live-migration', 'req', 'vm', '2030-01-01T00:00:00+00:00')},
            {(work.kind, work.request_id, work.instance_uuid, work.began_at)
             for work in self.report.works})

    def test_read(self):
        self.report.write(self.path)
        self.assertEqual(self.report, report.DrainReport.read(self.path))

    def test_read_what_a_later_release_has_added(self):
        words = self.report.to_dict()
        words['weather'] = words['works'][0]['mood'] = 'fine'
        self.assertEqual(self.report, report.DrainReport.from_dict(words))

    def test_read_what_is_none(self):
        with open(self.path, 'w', encoding='utf-8') as stream:
            stream.write('{"schema": 2}')
        error = self.assertRaises(
            exception.Invalid, report.DrainReport.read, self.path)
        self.assertIn(self.path, str(error))

    def test_a_schema_of_the_future(self):
        words = dict(self.report.to_dict(), schema=report.SCHEMA + 1)
        self.assertRaises(exception.Invalid, report.DrainReport.from_dict,
                          words)

    def test_file_is_replaced(self):
        for _ in range(2):
            self.report.write(self.path)
        self.assertEqual(['report.json'], os.listdir(self.folder))

    def test_the_old_file_survives_a_failure(self):
        self.report.write(self.path)
        self.report.refused['x'] = object()
        self.assertRaises(TypeError, self.report.write, self.path)
        self.assertEqual(['report.json'], os.listdir(self.folder))
        with open(self.path, encoding='utf-8') as written:
            self.assertEqual(3, json.load(written)['exit_code'])

    def test_no_folder(self):
        self.assertRaises(OSError, self.report.write,
                          os.path.join(self.folder, 'no', 'report.json'))

    def test_lines(self):
        self.assertEqual([
            'Stop of host1: exit code 3 (left_work). '
            'Phases: draining 1.5 s.',
            'Work: 1 finished, 1 aborted, 1 left; 2 requests refused, '
            '0 handed back.',
            'Left, to be taken up by the next start: live_migration, '
            'operation op-left, instance vm.',
            'Still open on other hosts: build of vm2.'], self.report.lines())

    def test_log(self):
        log = self.useFixture(fixtures.FakeLogger())
        self.report.log()
        self.assertIn('exit code 3', log.output)
