"""The file that tells what a start has settled."""

import os
import types

import fixtures

from nova_gs.compute import recovery_report
from nova_gs.compute import verdicts
from tests.fixtures import clock
from tests.unit import base


class RecoveryReportTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir())
        self.path = self.folder.join(recovery_report.FILE)
        self.clock = clock.ManualClock()

    def make(self, path=None):
        return recovery_report.RecoveryReport(
            path or self.path, 'host1', self.clock)

    def add(self, report, step='stop_instance', found=None):
        report.add(types.SimpleNamespace(
            uuid='operation', instance_uuid='guest', kind='kind', step=step),
            found, verdicts.decide(step, found))

    def test_entries_in_order(self):
        report = self.make()
        self.add(report, found=verdicts.Found.RUNS)
        self.add(report, 'post_live_migration_at_source')
        first, second = recovery_report.read(self.path)['settled']
        self.assertEqual(
            ('stop_instance', 'runs here', 'finish'),
            (first['step'], first['found'], first['verdict']))
        self.assertEqual(('', 'finish'), (second['found'],
                                          second['verdict']))
        self.assertEqual([recovery_report.FILE], os.listdir(self.folder.path))

    def test_the_next_start_begins_anew(self):
        self.add(self.make())
        self.make().write()
        self.assertEqual([], recovery_report.read(self.path)['settled'])

    def test_it_is_no_matter_that_it_cannot_be_written(self):
        self.add(self.make('/no/such/folder/report'))
        log = self.useFixture(fixtures.FakeLogger())
        os.mkdir(self.path)
        self.add(self.make())
        self.assertIn('could not be written to %s' % self.path, log.output)
