"""A real guest that writes faster than its memory can move, and a deadline.

One host calls its migration off, the other leaves it to libvirt and takes it
up again.  Whatever happens, the guests run on: they count on their consoles
and check their memory.
"""

import contextlib

import libvirt

from nova_gs.virt.libvirt import arrival
from tests.fixtures import records
from tests.functional import base
from tests.functional import real_guests

ABORT, RESUME, OTHER = 'host-a', 'host-b', 'host-c'

#: Seconds that a stop may take, and until nothing is waited for any more.
BUDGET, ABORT_DUE = 18, 1

PATIENCE = real_guests.PATIENCE

#: MiB/s with which any guest here can move.
FAST = 500


class TestDeadline(base.Spared, real_guests.RealGuests, base.CloudTestCase):

    OPTIONS = {'driver': 'libvirt', 'hosts': 3, 'settings': [
        'DEFAULT.graceful_shutdown_timeout=%d' % BUDGET,
        'shutdown.abort_reserve=14', 'shutdown.release_reserve=3',
        RESUME + ':shutdown.live_migration_at_deadline=resume',
        # The guest writes 8 MiB/s.
        'libvirt.live_migration_bandwidth=4']}

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)

    def test_called_off_and_left(self):
        for number in range(self.times(1, 6)):
            self._check_called_off_and_left(
                arrives_meanwhile=bool(number % 2))

    def _check_called_off_and_left(self, arrives_meanwhile):
        self.ensure_up()
        off, left = (self.boot(host, image='ticker-busy')
                     for host in (ABORT, RESUME))
        for uuid in (off, left):
            self.await_life(uuid, lambda seen: seen.ticks_seen >= 4)
            self.api.live_migrate(uuid, OTHER)
        for uuid in (off, left):
            self.await_that('memory moves', lambda: self.moves(uuid),
                            PATIENCE)
        sent = {host: self.terminate(host) for host in (ABORT, RESUME)}
        for host, expected in ((ABORT, 0), (RESUME, 3)):
            code, ended = self.await_exit(host)
            self.assertEqual(expected, code, host)
            self.assertTrue(ABORT_DUE <= ended - sent[host] < BUDGET, host)
        self.check_at(off, ABORT, 'cancelled', 'aborted',
                      'nova-compute on host host-a had to be stopped')
        self._check_left(left)
        if arrives_meanwhile:
            self.hurry(left, RESUME)
            self.await_that('it is gone', lambda: (
                left not in self.domains(RESUME)), PATIENCE)
        self.ensure_up()
        if not arrives_meanwhile:
            self.await_that('it is taken up', lambda: (
                self.records.last_operation(left)['state'] == 'running'))
            self.hurry(left, RESUME)
        self.check_at(left, OTHER, 'completed', 'succeeded')
        self.api.live_migrate(off, OTHER)
        self.await_that('memory moves', lambda: self.moves(off), PATIENCE)
        self.hurry(off, ABORT)
        self.check_at(off, OTHER, 'completed', 'succeeded')
        # Whatever went wrong in a page is seen when its turn comes again.
        rounds = {uuid: self.life(uuid).rounds + 1 for uuid in (off, left)}
        for uuid, goal in rounds.items():
            self.await_life(uuid, lambda seen: seen.rounds >= goal)
            self.api.delete_server(uuid)
        for uuid in rounds:
            self.api.await_gone(uuid)

    def _check_left(self, uuid):
        """libvirt moves it, and every record says that nobody watches."""
        domain = self.domains(RESUME)[uuid]
        self.assertTrue(arrival.is_outgoing(domain.jobStats()))
        operation = self.records.last_operation(uuid)
        self.assertEqual('interrupted', operation['state'])
        self.assertIn('carries the live migration on', operation['error'])
        work, = self.report(RESUME)['works']
        self.assertEqual((uuid, 'left'),
                         (work['instance_uuid'], work['fate']))

    def hurry(self, uuid, host):
        """Give a migration the bandwidth that it needs to end."""
        domain = self.domains(host)[uuid]
        with contextlib.suppress(libvirt.libvirtError):
            # At its end there is nothing to hurry.
            domain.migrateSetMaxSpeed(FAST)

    def check_at(self, uuid, host, status, state, reason=None):
        """It is over, and the guest runs on in one place."""
        self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                              task_state=None, host=host)
        self.assertEqual(status, self.api.migrations(uuid)[0]['status'])
        operation = self.records.last_operation(uuid)
        self.assertEqual(state, operation['state'])
        if reason:
            self.assertIn(reason, operation['error'])
        self.check_place(uuid, host)
