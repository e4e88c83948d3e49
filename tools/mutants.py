"""Break the program on purpose and see whether the tests notice.

Each mutant is one promise of the stop taken away.  It is made in a copy of
the tree, the tests run there, and those that failed are listed; a mutant that
no test notices is a failure.  Takes hours with all tests, so name some::

    python tools/mutants.py [--only NAME] [FILTER ...]

With --job it is the job of .zuul.yaml that must notice.  That takes the
environment of "tox -e graceful-shutdown", and minutes for each.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]

#: What the tests need of the tree.
COPIED = ('bench', 'doc', 'etc', 'nova_gs', 'playbooks', 'releasenotes',
          'roles', 'tests', 'tools')

TESTS, JOB = 'tools/run_tests.py', 'tools/graceful_shutdown.py'

#: How a program says what has failed.
_FAILED = {
    TESTS: re.compile(r'^FAIL (\S+)', re.MULTILINE),
    JOB: re.compile(r'^\[ERROR\]: .*failed: (.+: this has failed: .+)',
                    re.MULTILINE)}


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One change that must not go unnoticed.

    :param changes: ((file, text that is there once, what it becomes), ...)
    """

    name: str
    changes: tuple


MUTANTS = (
    Mutant('alt server stopped first', (
        ('nova_gs/service/compute.py',
         'self._queues.leave(_NEW_WORK, ', 'self._queues.leave(_ONGOING, '),
        ('nova_gs/service/compute.py',
         'self._queues.leave(_ONGOING, patience)',
         'self._queues.leave(_NEW_WORK, patience)'))),
    Mutant('tracking replaced by a sleep', (
        ('nova_gs/shutdown/tracker.py',
         '            self._tracker.register(work)\n',
         ''),
        ('nova_gs/shutdown/follower.py',
         '            seen = self._tracker.changes\n            self.look()\n',
         '            seen = self._tracker.changes\n'
         '            import time\n            time.sleep(1)\n'
         '            self.look()\n'))),
    Mutant('detach() left out', (
        ('nova_gs/rpc/server.py',
         'if hasattr(listener, \'conn\'):',
         'if False:'),)),
    Mutant('gate before the claim removed', (
        ('nova_gs/steps.py',
         '            with self._enter(row, operation_uuid) as work:\n'
         '                operation = self._claim('
         'ctxt, operation_uuid, row, work)\n',
         '            operation = self._claim(\n'
         '                ctxt, operation_uuid, row, None)\n'
         '            with self._enter(row, operation_uuid) as work:\n'),)),
    Mutant('leaves at once', (
        ('nova_gs/shutdown/follower.py',
         '        works = self._waited_for(now)\n', '        works = []\n'),
        ('nova_gs/shutdown/follower.py',
         '        if not names:\n', '        if True:\n'),
        ('nova_gs/shutdown/tracker.py',
         '            if self._tracker.holding():\n'
         '                return False\n            self.close()\n',
         '            self.close()\n'))),
    Mutant('never leaves', (
        ('nova_gs/shutdown/phases.py',
         '    (Phase.DRAINING, Event.IDLE): (Phase.RELEASING, _LEAVE),\n',
         ''),)),
)


def make(mutant, target):
    """Copy the tree and change it.

    :param target: pathlib.Path of an empty directory
    :raises: SystemExit when the mutant does not fit the program any more
    """
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name,
                        ignore=shutil.ignore_patterns('__pycache__'))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith('.git'):
            shutil.copy(path, target)
    for name, old, new in mutant.changes:
        path = target / name
        text = path.read_text()
        if text.count(old) != 1:
            raise SystemExit('Mutant "%s" does not fit %s any more: %r is '
                             'there %d times. Correct tools/mutants.py.' % (
                                 mutant.name, name, old, text.count(old)))
        path.write_text(text.replace(old, new))


def failures(mutant, program, words):
    """Return what notices a mutant.

    :param program: ``TESTS`` or ``JOB``
    :param words: for its command line
    """
    with tempfile.TemporaryDirectory(prefix='mutant-') as directory:
        target = pathlib.Path(directory)
        make(mutant, target)
        result = subprocess.run(
            [sys.executable, program, *words], cwd=target,
            env=dict(os.environ, PYTHONPATH=str(target)), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    failed = sorted(set(_FAILED[program].findall(result.stdout)))
    return failed or (['(the run itself)'] if result.returncode else [])


def main():
    """Try the mutants; the exit code is how many went unnoticed."""
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--only', metavar='NAME', help='this mutant')
    parser.add_argument('--job', dest='program', action='store_const',
                        const=JOB, default=TESTS,
                        help='run the job of .zuul.yaml, not the tests')
    parser.add_argument('words', nargs='*',
                        help='regular expressions of the tests to run')
    options = parser.parse_args()
    unnoticed = 0
    for mutant in MUTANTS:
        if options.only not in (None, mutant.name):
            continue
        noticed = failures(mutant, options.program, options.words)
        unnoticed += not noticed
        print('%s: %s' % (mutant.name, 'noticed by %d' % len(noticed)
                          if noticed else 'NOT NOTICED'), flush=True)
        for test in noticed:
            print('  %s' % test, flush=True)
    return unnoticed


if __name__ == '__main__':
    sys.exit(main())
