"""The broker is in trouble while real guests move away from stopped hosts.

One guest goes to and fro; the other is restarted.  Each time the host of one
end is told to stop, and the broker, or the host's way to it, is away until
the hypervisors have done their part.
"""

import libvirt

from tests.functional import base
from tests.functional import real_guests
from tests.functional import trouble

A, B = 'host-a', 'host-b'

#: Seconds that a trouble goes on after the guest has arrived.
GOES_ON = 4


class TestBrokerTroubleOnLibvirt(
        base.Spared, real_guests.RealGuests, trouble.TroubleTestCase):

    OPTIONS = {'driver': 'libvirt'}
    HOSTS = (A, B)
    SETTINGS = ('DEFAULT.graceful_shutdown_timeout=90',
                # The guest has 32 MiB to copy and writes 8 MiB/s meanwhile.
                'libvirt.live_migration_bandwidth=20')

    def setUp(self):
        super().setUp()
        self.ensure_all_up()
        self.uuid = self.boot(A, image='ticker-busy')
        self.stays = self.boot(A)
        self.await_life(self.uuid, lambda seen: seen.rounds >= 2)

    def test_source(self):
        for kind in self._kinds():
            source, destination = self._ends()
            self._one_round(kind, source, source, destination)

    def test_destination(self):
        for kind in self._kinds():
            source, destination = self._ends()
            self._one_round(kind, destination, source, destination)

    def test_reboot(self):
        for kind in self._kinds():
            self.ensure_all_up()
            began = self.api.action(
                self.stays, 'reboot', {'type': 'HARD'}).request_id
            self.await_that('the reboot has begun', lambda: (
                self.records.last_operation(self.stays)['owner']))
            sent = self.drain(A)
            self._bear(kind, A, lambda: True)
            self._check_exit(A, sent)
            self.api.await_server(self.stays, trouble.PATIENCE,
                                  status='ACTIVE', task_state=None)
            self.assertIsNone(
                self.api.instance_action(self.stays, began)['message'])

    def _kinds(self):
        return (self.refused, self.swallowed, self.frozen, self.stopped)

    def _ends(self):
        """Return where the guest is, and the other host."""
        self.ensure_all_up()
        here = self.api.server(self.uuid)['OS-EXT-SRV-ATTR:host']
        return here, B if here == A else A

    def _one_round(self, kind, victim, source, destination):
        request_id = self.api.live_migrate(self.uuid, destination).request_id
        self.await_that('memory moves', lambda: any(
            migration['status'] == 'running'
            and migration['memory_processed_bytes']
            for migration in self.api.live_migrations(self.uuid)),
            trouble.PATIENCE)
        sent = self.drain(
            victim, knows=[victim] if victim == destination else [])
        self._bear(kind, victim, lambda: (
            self.state(self.uuid, destination) == libvirt.VIR_DOMAIN_RUNNING))
        self._check_exit(victim, sent)
        self.api.await_server(
            self.uuid, trouble.PATIENCE, status='ACTIVE', task_state=None,
            host=destination)
        self.assertEqual(
            'completed', self.api.migrations(self.uuid)[0]['status'])
        self.assertIsNone(
            self.api.instance_action(self.uuid, request_id)['message'])
        self.check_place(self.uuid, destination)
        self.assertEqual([], self.records.open())
        self.ensure_all_up()
        self.await_ticks(self.uuid)

    def _bear(self, kind, victim, done):
        with kind(*(() if kind in (self.frozen, self.stopped)
                    else (victim,))):
            self.await_that('the hypervisors have done it', done,
                            trouble.PATIENCE, every=0.1)
            self.last(GOES_ON)
        self._healed = self.clock.utcnow().timestamp()
        self._kind = kind.__name__

    def _check_exit(self, host, sent):
        code, ended = self.await_exit(host, trouble.PATIENCE)
        self.assertEqual(0, code)
        self.figure('5 broker %s, libvirt' % self._kind,
                    exit_after_the_end_of_the_trouble_s=round(
                        ended - self._healed, 3))
