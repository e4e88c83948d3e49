"""A drain as those see it who only watch: figures and notifications."""

import contextlib
import json
import socket
import threading
import urllib.error
import urllib.request

import amqp
from prometheus_client import parser

from nova_gs.devcloud import figures
from tests.functional import base

SOURCE, DESTINATION = 'host-a', 'host-b'
QUEUE = 'versioned_notifications.info'

#: Seconds that a migration takes here.
MOVES_FOR = 4

#: Seconds between two notifications of progress.
INTERVAL = 0.5

#: Seconds that an answer to Prometheus may take.
ANSWERED_WITHIN = 0.5


def free_port():
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Figures:
    """One answer: {(name, labels as a frozenset of pairs): value}."""

    def __init__(self, text):
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in parser.text_string_to_metric_families(text)
            for sample in family.samples}

    def get(self, name, **labels):
        """Return the sum of what has at least these labels."""
        return sum(value for (found, has), value in self._values.items()
                   if found == name and has.issuperset(labels.items()))

    @property
    def phase(self):
        phase, = (dict(labels)['phase']
                  for (name, labels), value in self._values.items()
                  if name == 'nova_drain_phase' and value)
        return phase


class Watch:
    """Asks again and again, until there is nobody any more."""

    def __init__(self, test, port):
        self._test = test
        self._port = port
        self.seen, self.took = [], []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def look(self):
        """Return the Figures of now; raises OSError without an answer."""
        began = self._test.clock.now()
        url = 'http://127.0.0.1:%d/metrics' % self._port
        with urllib.request.urlopen(url, timeout=20) as answer:
            found = Figures(answer.read().decode())
        self.took.append(self._test.clock.now() - began)
        self.seen.append(found)
        return found

    def begin(self):
        self._thread.start()

    def end(self):
        self._thread.join(60)
        return self.seen

    def _run(self):
        pause = threading.Event()
        with contextlib.suppress(OSError):
            while True:
                self.look()
                pause.wait(0.05)


class TestWatchedDrain(base.Spared, base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 2}

    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.OPTIONS = dict(cls.OPTIONS, settings=[
            '%s:metrics.port=%d' % (SOURCE, cls.port),
            '%s:notifications.enabled=true' % SOURCE,
            '%s:notifications.progress_interval=%s' % (SOURCE, INTERVAL)])
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.ensure_up()
        self.hypervisor(SOURCE).set_duration('start_migration', MOVES_FOR)

    def test_migration(self):
        """What is moving, how far it is, and how it ended."""
        uuid = self.boot(SOURCE)
        watch = Watch(self, self.port)
        self.assertEqual('serving', watch.look().phase)
        self.api.live_migrate(uuid, DESTINATION)
        self.await_that('the migration shows', lambda: watch.look().get(
            'nova_operations', kind='live-migration', state='running'))
        watch.begin()
        sent = self.terminate(SOURCE)
        code, ended = self.await_exit(SOURCE)
        seen = watch.end()
        self.assertEqual(0, code)
        self._check_figures(seen, sent)
        self._check_told(uuid)
        self.figure('a drain that is watched', asked=len(watch.took),
                    answer_p95_s=round(figures.percentile(watch.took, 95), 3),
                    answer_max_s=round(max(watch.took), 3),
                    stop_s=round(ended - sent, 2))
        self.assert_prompt(watch.took, ANSWERED_WITHIN)

    def _check_figures(self, seen, sent):
        draining = [one for one in seen if one.phase == 'draining']
        self.assertGreater(len(draining), 5)
        for one in draining:
            self.assertAlmostEqual(sent + 180, one.get(
                'nova_drain_deadline_timestamp_seconds', deadline='exit'),
                delta=5)
        moving = [one for one in draining if one.get(
            'nova_operations', step='live_migration')]
        self.assertTrue(moving, 'the migration never showed')
        left = [one.get('nova_operations_remaining_bytes',
                        kind='live-migration') for one in moving]
        self.assertLess(left[-1], max(left))
        self.assertEqual(1, draining[-1].get(
            'nova_operation_seconds_count', step='live_migration',
            fate='finished') + draining[-1].get(
            'nova_operations', step='live_migration'))
        self.assertGreater(draining[-1].get(
            'nova_rpc_seconds_count', side='server',
            method='live_migration', role='step', result='done'), 0)
        self.assertGreater(draining[-1].get(
            'nova_rpc_seconds_count', side='client',
            method='pre_live_migration'), 0)

    def _check_told(self, uuid):
        messages = self.await_that('its end is told', self._read_all)
        words = [message['event_type'] for message in messages]
        self.assertEqual('compute.drain.begin', words[0])
        self.assertEqual('compute.drain.end', words[-1])
        self.assertEqual({'compute.drain.progress'}, set(words[1:-1]))
        self.assertLessEqual(len(words), 2 + 2 * MOVES_FOR / INTERVAL)
        told = [message['payload']['nova_gs_object.data']
                for message in messages]
        operation, = told[0]['operations']
        self.assertEqual(
            (uuid, 'live-migration', 'live_migration'),
            tuple(operation['nova_gs_object.data'][name]
                  for name in ('instance_uuid', 'kind', 'step')))
        # The move, and what is cleaned up after it.
        self.assertEqual(
            ('releasing', 2, 0, 0),
            tuple(told[-1][name] for name in (
                'phase', 'finished', 'left', 'exit_code')))

    def _read_all(self):
        """Return what waits for readers, once an end is among it."""
        messages = []
        connection = amqp.Connection(
            '127.0.0.1:%d' % self.cloud.broker.port, userid='guest',
            password='guest', connect_timeout=5)
        with connection, connection.channel() as channel:
            while True:
                message = channel.basic_get(QUEUE)
                if message is None:
                    break
                messages.append(json.loads(
                    json.loads(message.body)['oslo.message']))
        # Unless all of it has come, it is left for the next look.
        return (messages if messages and
                messages[-1]['event_type'].endswith('end') else None)
