import os

import fixtures

from nova_gs.virt.fake import appendlog
from tests.unit import base


class AppendLogTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'log')

    def _write(self, data):
        with open(self.path, 'ab') as stream:
            stream.write(data)

    def test_no_file_is_an_empty_log(self):
        self.assertEqual([], appendlog.read(self.path))

    def test_what_is_appended_can_be_read_at_once(self):
        log = appendlog.AppendLog(self.path)
        self.addCleanup(log.close)
        log.append({'a': 1})
        log.append([2])
        self.assertEqual([{'a': 1}, [2]], appendlog.read(self.path))

    def test_a_torn_line_is_dropped_and_written_over(self):
        self._write(b'{"a":1}\n{"b"')
        self.assertEqual([{'a': 1}], appendlog.read(self.path))
        log = appendlog.AppendLog(self.path)
        self.addCleanup(log.close)
        self.assertEqual([{'a': 1}], log.loaded)
        log.append({'c': 3})
        self.assertEqual([{'a': 1}, {'c': 3}], appendlog.read(self.path))

    def test_a_broken_line_in_the_middle_is_not_hidden(self):
        self._write(b'{"a"\n{"b":2}\n')
        self.assertRaises(ValueError, appendlog.read, self.path)

    def test_rewrite_takes_the_place_and_appends_go_on(self):
        log = appendlog.AppendLog(self.path)
        self.addCleanup(log.close)
        log.append({'a': 1})
        log.rewrite([{'b': 2}])
        log.append({'c': 3})
        self.assertEqual([{'b': 2}, {'c': 3}], appendlog.read(self.path))
        self.assertEqual(['log'], os.listdir(os.path.dirname(self.path)))
