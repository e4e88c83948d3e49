"""Run the functional scenarios at full counts and print their figures.

Without a filter the benchmark of the stop follows.
"""

import os
import pathlib
import subprocess
import sys

from nova_gs.devcloud import figures

ROOT = pathlib.Path(__file__).resolve().parents[1]

#: Seconds until it is ended as hung; it takes up to three hours.
LIMIT = 6 * 3600


def main():
    """Run, print the figures, and return the exit code of the tests."""
    path = ROOT / 'build' / 'figures.jsonl'
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    environ = dict(os.environ, NOVA_GS_FULL='1', NOVA_GS_FIGURES=str(path))
    environ.setdefault('NOVA_GS_TEST_LIMIT', str(LIMIT))
    code = subprocess.call(
        [sys.executable, str(ROOT / 'tools' / 'run_tests.py'),
         '--suite', 'functional', *sys.argv[1:]], cwd=ROOT, env=environ)
    print('\nFigures (also in %s)' % path)
    for row in figures.load(path):
        scenario = row.pop('scenario')
        print('  %-40s %s' % (scenario, '  '.join(
            '%s=%s' % item for item in row.items())))
    if sys.argv[1:]:
        return code
    print('\nBenchmark (how to read it: bench/README.rst)', flush=True)
    return code or subprocess.call(
        [sys.executable, str(ROOT / 'bench' / 'stop.py')], cwd=ROOT)


if __name__ == '__main__':
    sys.exit(main())
