"""How a page's commands are read and their output is compared."""

import os

import testtools

from tests.fixtures import walk

PAGE = '''
Text.

.. code-block:: console

   $ first \\
       --option
   +----+
   | a  |
   $ second

More.

.. code-block:: text

   $ not a command
'''


class StepsTestCase(testtools.TestCase):

    def test_commands_and_output(self):
        self.assertEqual(
            [('first \\\n    --option', ['+----+', '| a  |']),
             ('second', [])],
            [(step.command, step.output) for step in walk.steps(PAGE)])

    def test_matches(self):
        for shown, printed, right in (
                (['a ... c'], 'a b c\n', True),
                (['a ... c'], 'a b\n', False),
                (['| a | b |', '+---+'], '| a    | b |\n+-----+\n', True),
                (['...', 'end'], 'one\n\ntwo\nend\n', True),
                (['...', 'end'], 'end\n', True),
                (['end'], 'one\nend\n', False),
                ([], 'one\n', False),
                ([], '\n', True)):
            self.assertEqual(right, walk.matches(shown, printed), shown)


class ShellTestCase(testtools.TestCase):

    def test_one_session(self):
        shell = self.useFixture(walk.Shell(dict(os.environ), '/'))
        self.assertEqual((0, '\n'), shell.run('word=said', 30))
        self.assertEqual((0, 'said\n\n'), shell.run('echo $word', 30))
        self.assertEqual((3, '\n'), shell.run('(exit 3)', 30))

    def test_one_that_hangs_is_ended(self):
        shell = self.useFixture(walk.Shell(dict(os.environ), '/'))
        self.assertIsNone(shell.run('tail -f /dev/null', 0.5)[0])
