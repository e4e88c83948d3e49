"""nova-manage recovery."""

import json
import os
import types

from nova_gs.compute import recovery_report
from nova_gs.compute import verdicts
from tests.fixtures import clock
from tests.unit.cmd.manage import base


class RecoveryTestCase(base.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.conf.state_path, recovery_report.FILE)
        self.report = recovery_report.RecoveryReport(
            self.path, 'host1', clock.ManualClock())
        self.report.write()

    def add(self):
        self.report.add(
            types.SimpleNamespace(
                uuid='operation', instance_uuid='guest', kind='reboot',
                step='reboot_instance'), verdicts.Found.OFF,
            verdicts.decide('reboot_instance', verdicts.Found.OFF))

    def test_the_report_of_this_host(self):
        self.add()
        code, said, _ = self.run_it('recovery', 'report')
        self.assertEqual(0, code)
        for words in ('Start of host1 at ', '1 operations had been cut',
                      'is here and switched off', 'finish', 'guest'):
            self.assertIn(words, said)

    def test_nothing_was_cut(self):
        said = self.run_it('recovery', 'report')[1]
        self.assertIn('0 operations had been cut.\n', said)
        self.assertEqual(1, said.count('\n'))

    def test_json(self):
        self.add()
        said = self.run_it('recovery', 'report', '--json', self.path)[1]
        self.assertEqual(recovery_report.read(self.path), json.loads(said))

    def test_no_report(self):
        os.unlink(self.path)
        self.assert_complains(1, 'There is no report at %s' % self.path,
                              'recovery', 'report')

    def test_not_a_report(self):
        for content in (b'', b'{', b'[]', b'{}', b'\xff\xfe', b'null',
                        b'{"host": "a", "began_at": "b", "settled": [1]}'):
            self.assert_complains(
                1, 'is not the report of a start', 'recovery', 'report',
                self.file(content))
