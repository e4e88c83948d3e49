"""What the scenarios with signals share: logs, reports, who still answers."""

import os
import re
import signal

import oslo_messaging

from nova_gs import exception
from nova_gs.rpc import catalogue
from nova_gs.rpc import serializer
from tests.fixtures import records
from tests.fixtures import requester
from tests.functional import base

#: Seconds from a signal to the exit that it asks for, where nothing is left
#: to wait for, or where nothing is to be waited for.
PROMISE = 2

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 30

NAMES = {number: number.name.removeprefix('SIG') for number in (
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
    signal.SIGUSR2)}

#: A line of the log, or the last one of a start that cannot succeed.
_ERROR = re.compile(r'^(?:20\S+ \S+ \d+ ERROR|ERROR:) .*', re.M)

#: The last section of a report; it is whole when the next line is there.
_LAST_SECTION = 'Configuration'


class Life:
    """A process of a cloud, and what it has written.

    :param test: ``base.CloudTestCase``
    :param process: ``processes.Process``
    :param offset: in its log, where that begins; None is from now on
    """

    def __init__(self, test, process, offset=None):
        self._test = test
        self.process = process
        self._offset = (os.path.getsize(process.log) if offset is None
                        else offset)
        self.pid = process.pid()
        self.name = process.name

    @property
    def said(self):
        """What stands in the log since then."""
        with open(self.process.log, errors='replace') as log:
            log.seek(self._offset)
            return log.read()

    def lines(self, *marks):
        """Return the lines that have one of the marks."""
        return [line for line in self.said.splitlines()
                if any(mark in line for mark in marks)]

    def send(self, number):
        """Send a signal; return the moment (wall clock, seconds)."""
        sent = self._test.clock.utcnow().timestamp()
        self.process.send_signal(number)
        return sent

    def await_line(self, mark):
        """Wait until the log has a mark."""
        self._test.await_that('"%s" in the log' % mark,
                              lambda: mark in self.said, PATIENCE)

    def await_phase(self, phase):
        """Wait until the log tells that a phase was entered."""
        self.await_line(': %s, because of' % phase)

    def await_report(self):
        """Wait for a Guru Meditation Report; return its text."""
        def report():
            text = self.said.partition(' Guru Meditation ')[2]
            return 'upgrade_levels' in text.partition(
                ' %s ' % _LAST_SECTION)[2] and text

        return self._test.await_that('a report', report, PATIENCE)

    def is_same(self):
        """Whether the same process still runs."""
        return self.process.pid() == self.pid

    def await_exit(self, code, since, within=PROMISE):
        """Wait for its end, with an exit code, in time, and with grace.

        :param since: wall clock seconds that the time counts from
        :returns: seconds that it took
        """
        record = self.process.wait(60)
        self._test.assertIsNotNone(record, 'it has not ended')
        self._test.assertEqual(code, record['exit_code'], self.said)
        self.assert_graceful()
        took = record['ended_at'] - since
        self._test.assertLess(took, base.within(within), self.said)
        return took

    def assert_graceful(self):
        """Nothing that it said looks like a fault of ours."""
        self._test.assertNotIn('Traceback (most', self.said)
        self._test.assertEqual([], _ERROR.findall(self.said))


class SignalsTestCase:
    """A part of the tests of a cloud whose first host is HOST."""

    HOST = 'host-a'

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)

    def life(self, name=None):
        """Return the present ``Life`` of a part of the cloud."""
        return Life(self, self.cloud.part(name or self.HOST).process)

    def assert_no_secret(self, text):
        """No report has what opens the broker or the database."""
        for secret in ('guest:guest', self.cloud.options['database']):
            self.assertNotIn(secret, text)

    def assert_answers(self, host=None):
        """A compute answers what comes by each of its queues."""
        client = self.useFixture(requester.Requester(self.cloud))
        for topic in catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING:
            sender = oslo_messaging.get_rpc_client(
                client.transport, oslo_messaging.Target(
                    topic=topic.value, server=host or self.HOST,
                    version=catalogue.version_of(topic)),
                serializer=serializer.RequestSerializer())
            # Whatever it is asked for: an error of its own is an answer.
            self.assertRaises(
                exception.MigrationNotFound,
                sender.prepare(timeout=PATIENCE).call, client.context,
                'live_migration_abort', migration_uuid='none')
