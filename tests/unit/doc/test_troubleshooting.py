"""What the page on symptoms quotes is what the programs say."""

import ast
import pathlib
import re
import textwrap

import testtools

import nova_gs
from tests.fixtures import docs

PAGE = docs.SOURCE / 'admin' / 'troubleshooting.rst'

_QUOTES = re.compile(
    r'^\.\. code-block:: text\n\n((?:(?: {3}.*)?\n)+)', re.MULTILINE)


def quotes(text):
    """Return the messages that a page quotes, each in one line."""
    return [' '.join(textwrap.dedent(quote).split())
            for quote in _QUOTES.findall(text)]


def sayings():
    """Yield each string of the program that is no docstring."""
    for path in pathlib.Path(nova_gs.__file__).parent.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def is_said(quote, texts):
    """Whether one of the texts says it; ``...`` in a quote is anything."""
    pattern = re.compile('.+'.join(
        re.escape(part.strip()) for part in quote.split('...')))
    return any(pattern.search(text) for text in texts)


class TroubleshootingTestCase(testtools.TestCase):

    def test_each_quote_is_said(self):
        found = quotes(PAGE.read_text(encoding='utf-8'))
        self.assertGreater(len(found), 5)
        texts = list(sayings())
        self.assertEqual(
            [], [quote for quote in found if not is_said(quote, texts)])

    def test_what_nobody_says_is_found_out(self):
        texts = ['Host %(host)s is draining (%(reason)s)']
        self.assertTrue(is_said('Host ... is draining (', texts))
        self.assertFalse(is_said('Host ... is drained (', texts))
