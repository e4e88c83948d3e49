"""Operators drain a host with the commands that they have for it."""

import json
import os
import pty
import re
import subprocess
import threading

import fixtures

from nova_gs.devcloud import environment
from nova_gs.shutdown import report
from tests.fixtures import agreement
from tests.fixtures import plugin
from tests.functional import test_openstack_client as clients
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

REASON = 'new fans'

#: Seconds that a guest moves while somebody watches; looks are 1 s apart.
MOVING = 4

#: A line of progress: of a live migration, with its bar.
BAR = re.compile(r'live-migration \S{8} [#.]{24}  ? ?(\d+)%  (.+)')


class TestDrainCommands(two_hosts.TwoHostsTestCase):
    """A guest moves from SOURCE to DESTINATION, as slowly as it is told."""

    OPTIONS = {'driver': 'fake', 'hosts': 2}

    def setUp(self):
        super().setUp()
        self.environ = dict(
            os.environ, **self.cloud.environment(),
            **self.useFixture(plugin.Plugin()).environment)
        self.addCleanup(self.delete_all)
        self.addCleanup(self._take_back)
        self.addCleanup(self.hypervisor(SOURCE).reset)

    def _take_back(self):
        self.start_both()
        self.api.request('DELETE', 'os-services/%s/drain' % SOURCE)

    def manage(self, *words):
        """Run nova-manage on the controller; returns what it prints."""
        done = subprocess.run(
            environment.command(
                'nova-manage', '--config-file',
                self.cloud.part('conductor').config, *words),
            capture_output=True, text=True, timeout=clients.WITHIN,
            env=environment.of_services())
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        return done.stdout

    def move(self):
        """Begin to move a new guest, which does not arrive.

        :returns: its UUID
        """
        uuid = self.boot(SOURCE)
        self.hypervisor(SOURCE).set_duration('start_migration', 600)
        self.api.live_migrate(uuid, DESTINATION)
        self.await_status(uuid, 'running')
        self.moved_at = self.clock.now()
        return uuid

    def let_arrive(self, within=0.1):
        """Let it arrive in so many seconds."""
        self.hypervisor(SOURCE).set_duration(
            'start_migration', self.clock.now() - self.moved_at + within)

    def drain(self, host):
        """Return the drain of a host as the API shows it."""
        return self.api.get('os-services/%s/drain' % host)['drain']

    # -- openstack compute service drain

    def openstack(self, *words, expected=0):
        """Run a drain command; returns (what it prints, its progress)."""
        done = subprocess.run(
            [clients.client(), 'compute', 'service', 'drain', *words],
            capture_output=True, text=True, timeout=clients.WITHIN,
            env=self.environ)
        self.assertEqual(expected, done.returncode, done.stderr)
        return done.stdout, done.stderr

    def move_when_drained(self):
        """Begin to move a guest, which arrives some time after a drain.

        :returns: its UUID
        """
        uuid = self.move()

        def wait():
            self.await_that(
                'the drain began', lambda: self.drain(SOURCE)[
                    'phase'] == 'quiesced', clients.WITHIN, every=0.2)
            self.let_arrive(MOVING)

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        self.addCleanup(waiting.join)
        return uuid

    def test_start_show_cancel(self):
        uuid = self.move_when_drained()
        said, progress = self.openstack(
            'start', SOURCE, '--reason', REASON, '--wait', '-f', 'json')
        shown = json.loads(said)
        self.assertEqual(
            ('quiesced', REASON, True, []),
            (shown['phase'], shown['reason'], shown['complete'],
             shown['operations']))
        bars = BAR.findall(progress)
        self.assertTrue(bars, progress)
        self.assertGreater(len({percent for percent, _ in bars}), 1)
        self.assertIn('MiB left', progress)
        self.assertIn('0 open, 1 ended', progress)
        self.await_arrival(uuid, DESTINATION)
        said, _ = self.openstack('show', SOURCE, '-f', 'value', '-c', 'phase')
        self.assertEqual('quiesced\n', said)
        self.openstack('cancel', '--wait', SOURCE)
        self.assertEqual('serving', self.drain(SOURCE)['phase'])
        self.boot(SOURCE)

    def test_in_a_terminal(self):
        """Bars move, and what stands there at the end is the end."""
        self.move_when_drained()
        text = self._in_terminal('start', SOURCE, '--wait', '-c', 'complete')
        self.assertIn('\x1b[J', text)
        self.assertIn('█', text)
        self.assertIn('0 open, 1 ended', text)
        self.assertIn('True', text[text.rindex('1 ended'):])

    def _in_terminal(self, *words):
        """Run a drain command in a terminal; returns what it writes."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen(
            [clients.client(), 'compute', 'service', 'drain', *words],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env=dict(self.environ, TERM='xterm', COLUMNS='120', LINES='30',
                     PYTHONIOENCODING='utf-8'))
        os.close(theirs)
        written = []
        reading = threading.Thread(
            target=lambda: written.extend(_until_closed(ours)), daemon=True)
        reading.start()
        self.assertEqual(0, process.wait(clients.WITHIN))
        reading.join(clients.WITHIN)
        return b''.join(written).decode()

    def test_what_cannot_be(self):
        _, said = self.openstack('start', 'host-z', '--wait', expected=1)
        self.assertIn('host-z could not be found', said)
        self.assertNotIn('Traceback', said)

    # -- nova-manage service, operation, drain

    def test_drain_and_resume(self):
        uuid = self.move()
        said = self.manage('service', 'drain', SOURCE, '--reason', REASON)
        self.assertEqual('%s takes no new work, and lets go what it has.\n'
                         % SOURCE, said)
        view = self.drain(SOURCE)
        self.assertEqual(('quiesced', REASON, True),
                         (view['phase'], view['reason'], view['live']))
        operation, = json.loads(self.manage(
            'operation', 'list', '--host', SOURCE, '--json'))
        self.assertEqual(view['operations'][0]['id'], operation['uuid'])
        shown = self.manage('operation', 'show', operation['uuid'])
        self.assertIn(uuid, shown)
        phases = {row['host']: row['phase'] for row in json.loads(
            self.manage('service', 'list', '--json'))}
        self.assertEqual(('quiesced', 'serving'),
                         (phases[SOURCE], phases[DESTINATION]))
        self.let_arrive()
        self.await_arrival(uuid, DESTINATION)
        self.manage('service', 'resume', SOURCE)
        self.assertEqual('serving', self.drain(SOURCE)['phase'])
        self.boot(SOURCE)

    def test_report_of_a_stop(self):
        """The report and the records say the same of each operation."""
        uuid = self.move()
        self.terminate(SOURCE)
        self.await_drain(SOURCE)
        self.let_arrive()
        self.assertEqual(0, self.await_exit(SOURCE)[0])
        path = os.path.join(self.cloud.layout.state_path(SOURCE),
                            report.FILE)
        found = json.loads(self.manage('drain', 'report', path, '--json'))
        agreement.check(self, found, self.records.operations())
        moved = [work for work in found['works']
                 if work['name'] == 'live_migration']
        self.assertEqual([uuid], [work['instance_uuid'] for work in moved])
        page = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'stop.html')
        self.manage('drain', 'report', path, '--html', page)
        with open(page, encoding='utf-8') as drawn:
            self.assertIn(uuid, drawn.read())


def _until_closed(terminal):
    """Yield what is written to a terminal until nobody has it open."""
    while True:
        try:
            text = os.read(terminal, 65536)
        except OSError:
            return
        if not text:
            return
        yield text
