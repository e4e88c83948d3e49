"""nova-manage drain."""

import json
import os

from nova_gs.shutdown import report
from tests.fixtures import reports
from tests.unit.cmd.manage import base


class DrainTestCase(base.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.conf.state_path, report.FILE)
        reports.troubled().write(self.path)

    def test_the_report_of_this_host(self):
        code, said, _ = self.run_it('drain', 'report')
        self.assertEqual(0, code)
        self.assertIn('Stop of host1: exit code 3', said)
        self.assertIn(reports.identity(1007), said)

    def test_another_file(self):
        path = os.path.join(self.conf.state_path, 'other.json')
        reports.stop(host='elsewhere').write(path)
        self.assertIn('Stop of elsewhere',
                      self.run_it('drain', 'report', path)[1])

    def test_json_is_the_report(self):
        said = self.run_it('drain', 'report', '--json')[1]
        self.assertEqual(reports.troubled().to_dict(), json.loads(said))

    def test_html(self):
        out = os.path.join(self.conf.state_path, 'stop.html')
        code, said, _ = self.run_it('drain', 'report', '--html', out)
        self.assertEqual(
            (0, 'The timeline of the stop of host1 is in %s.\n' % out),
            (code, said))
        with open(out, encoding='utf-8') as page:
            self.assertIn('<title>host1 stopped and left work', page.read())

    def test_html_that_cannot_be_written(self):
        self.assert_complains(
            1, '/no/such/folder/x: No such file', 'drain', 'report',
            '--html', '/no/such/folder/x')

    def test_no_report(self):
        os.unlink(self.path)
        self.assert_complains(1, 'There is no report at %s' % self.path,
                              'drain', 'report')

    def test_not_a_report(self):
        for content in (b'', b'{', b'[]', b'{}', b'{"schema": 2}',
                        b'{"schema": "x"}', b'\xff\xfe', b'null',
                        b'{"schema": 2, "works": 3}'):
            self.assert_complains(
                1, 'is not the report of a stop', 'drain', 'report',
                self.file(content))

    def test_a_report_of_the_future(self):
        self.assert_complains(
            1, 'this release knows them up to %d' % report.SCHEMA, 'drain',
            'report', self.file(b'{"schema": %d}' % (report.SCHEMA + 1)))
