"""The page that documents the report has every name of the file."""

import dataclasses
import pathlib

from nova_gs.shutdown import report
from tests.unit import base

_PAGE = pathlib.Path(__file__).parents[3] / 'doc/source/admin/drain.rst'


class DocsTestCase(base.TestCase):

    def test_every_name_is_explained(self):
        text = _PAGE.read_text(encoding='utf-8')
        section = text[text.index('.. _drain-report:'):]
        for kind in (report.DrainReport, report.PhaseRecord,
                     report.WorkRecord, report.EventRecord):
            for field in dataclasses.fields(kind):
                self.assertIn('``%s``' % field.name, section)

    def test_the_schema_is_this_one(self):
        self.assertIn('\n    %d.  ' % report.SCHEMA,
                      _PAGE.read_text(encoding='utf-8'))
