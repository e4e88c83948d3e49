"""Run the tests and close with one line: N passed, N failed, N skipped.

Unit tests run in two workers.  Functional ones wait a fifth of the time, so
there are three; but at full counts there is one, as their figures shall not be
about a busy machine.  A suite that cannot start is a
failure, and so is a run without a test.
"""

import argparse
import io
import os
import signal
import subprocess
import sys
import threading
import time

import subunit
import testtools

_WORKERS = '1' if os.environ.get('NOVA_GS_FULL') == '1' else '3'

SUITES = {
    'unit': ('./tests/unit', '2'),
    'functional': ('./tests/functional',
                   os.environ.get('NOVA_GS_FUNCTIONAL_WORKERS', _WORKERS)),
}
#: Seconds that all of it may take before it is ended.
LIMIT = float(os.environ.get('NOVA_GS_TEST_LIMIT', '3000'))
#: Seconds for tests to clean up once they were told to end.
GRACE = 20
#: What stestr says when a filter leaves no test.
_NO_MATCH = "regex doesn't match with anything"
PASSED = ('success', 'xfail')


class Tally:
    """Counts results and shows what is worth showing."""

    def __init__(self, verbose):
        self.counts = {'passed': 0, 'failed': 0, 'skipped': 0}
        self.verbose = verbose

    def add(self, test):
        """Take one result, as testtools.StreamToDict hands it over."""
        status = test['status']
        if status == 'exists':
            return
        if status in PASSED:
            self.counts['passed'] += 1
            if self.verbose:
                self._show('ok  ', test)
        elif status == 'skip':
            self.counts['skipped'] += 1
            self._show('SKIP', test)
            print('     %s' % _text(test, 'reason').strip())
        else:
            # Also what began and never ended.
            self.fail('%s (%s)' % (test['id'], status), _details(test))

    def fail(self, what, text=''):
        """Count and show a failure."""
        self.counts['failed'] += 1
        print('FAIL %s\n%s' % (what, text), flush=True)

    def _show(self, sign, test):
        started, ended = test['timestamps']
        seconds = (ended - started).total_seconds() if (
            started and ended) else 0
        print('%s %s [%.2f s]' % (sign, test['id'], seconds), flush=True)


def _text(test, name):
    detail = test['details'].get(name)
    return detail.as_text() if detail else ''


def _details(test):
    # What failed comes before what the parts of a cloud have logged.
    parts = []
    for name, content in sorted(
            test['details'].items(),
            key=lambda item: (not item[0].startswith('traceback'), item[0])):
        text = content.as_text()
        if text.strip():
            parts.append('---- %s\n%s' % (name, text.rstrip()))
    return '\n'.join(parts)


class Runner:
    """Runs suites one after the other; may be told to stop."""

    def __init__(self):
        self.process = None
        self.stopped = None

    def stop(self, number, _frame=None):
        """End what runs; its tests get time to clean up."""
        self.stopped = self.stopped or 'signal %d' % number
        self._signal(signal.SIGINT)
        threading.Timer(GRACE, self._signal, [signal.SIGKILL]).start()

    def run(self, name, tally, filters):
        """Run one suite and count its results.

        :param filters: regular expressions of the tests to run; all if empty
        """
        path, workers = SUITES[name]
        before = sum(tally.counts.values()), tally.counts['failed']
        # A group of its own: Ctrl-C reaches it through us, once.
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'stestr', '--test-path', path, 'run',
             '--subunit', '--concurrency', workers, *filters],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            env=dict(os.environ, PYTHON=sys.executable), process_group=0)
        noise = self._count(tally)
        code = self.process.wait()
        self._signal(signal.SIGKILL)
        ran = sum(tally.counts.values()) - before[0]
        failed = tally.counts['failed'] - before[1]
        if filters and _NO_MATCH in noise:
            # Perhaps in the other suite; no test at all is a failure.
            return
        if (code and not failed) or not ran:
            tally.fail('the %s tests did not run as they should '
                       '(exit code %d, %d ran)' % (name, code, ran), noise)

    def _count(self, tally):
        """Read results as they come; return what was no result."""
        noise = io.StringIO()

        class Noise(testtools.StreamResult):
            def status(self, test_id=None, file_name=None, file_bytes=None,
                       **_kwargs):
                if test_id is None and file_bytes:
                    noise.write(bytes(file_bytes).decode(
                        'utf-8', 'replace'))

        results = testtools.CopyStreamResult([
            testtools.StreamToDict(tally.add), Noise()])
        results.startTestRun()
        try:
            subunit.ByteStreamToStreamResult(
                self.process.stdout, non_subunit_name='stdout').run(results)
        finally:
            results.stopTestRun()
        return noise.getvalue()

    def _signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, AttributeError):
            pass


def main():
    """Run what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--suite', choices=sorted(SUITES),
                        help='only this one')
    parser.add_argument('filters', nargs='*',
                        help='regular expressions of tests to run')
    options = parser.parse_args()
    runner = Runner()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, runner.stop)
    watchdog = threading.Timer(LIMIT, runner.stop, [signal.SIGALRM])
    watchdog.daemon = True
    watchdog.start()
    started = time.monotonic()
    tally = Tally(verbose=False)
    for name in [options.suite] if options.suite else ['unit', 'functional']:
        if runner.stopped:
            break
        print('== %s tests' % name, flush=True)
        tally.verbose = name == 'functional'
        runner.run(name, tally, options.filters)
    watchdog.cancel()
    if runner.stopped:
        tally.fail('the run was ended by %s' % runner.stopped)
    if not sum(tally.counts.values()):
        tally.fail('no test ran')
    print('%.0f s' % (time.monotonic() - started))
    print('%(passed)d passed, %(failed)d failed, %(skipped)d skipped'
          % tally.counts, flush=True)
    return 1 if tally.counts['failed'] else 0


if __name__ == '__main__':
    code = main()
    sys.stdout.flush()
    # Timers that wait to kill what has ended must not keep us.
    os._exit(code)
