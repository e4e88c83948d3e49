"""The documentation can be built, and nothing in it is amiss."""

import subprocess
import sys

import fixtures
import testtools

from tests.fixtures import docs

#: Seconds; it takes three.
WITHIN = 120


class BuildTestCase(testtools.TestCase):

    def build(self, source):
        """Return (exit code, what Sphinx says) of a build; warnings fail."""
        self.out = self.useFixture(fixtures.TempDir()).join('html')
        done = subprocess.run(
            [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', '-b',
             'html', '-c', str(docs.SOURCE), str(source), self.out],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=WITHIN)
        return done.returncode, done.stdout

    def page(self, name):
        with open('%s/%s.html' % (self.out, name), encoding='utf-8') as text:
            return text.read()

    def test_all_pages(self):
        code, said = self.build(docs.SOURCE)
        self.assertEqual(0, code, said)
        self.assertIn('class="phases"', self.page('admin/graceful-shutdown'))
        timelines = self.page('admin/real-drains')
        for path in (docs.SOURCE / 'admin' / 'drains').glob('*.json'):
            self.assertIn('_static/drains/%s.svg' % path.stem, timelines)
            drawn = self.page('_static/drains/%s' % path.stem)
            self.assertIn('class="timeline"', drawn)

    def test_a_broken_page_is_seen(self):
        source = self.useFixture(fixtures.TempDir())
        with open(source.join('index.rst'), 'w') as page:
            page.write('Title\n=====\n\n:doc:`nowhere`\n')
        code, said = self.build(source.path)
        self.assertEqual(1, code)
        self.assertIn('nowhere', said)
