"""A real guest moves while systemd stops the host that it leaves."""

import unittest

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import real_guests
from tests.functional import under_systemd

SOURCE, DESTINATION = 'host-a', 'host-b'

#: Seconds: what the unit grants at first, graceful_shutdown_timeout.
SHORT, BUDGET = 20, 180

#: MiB/s with which memory moves; the guest writes 8.
SLOW = 10 if figures.is_full() else 14


@unittest.skipIf(under_systemd.OBSTACLE, 'There is no systemd to be had: %s.'
                 % under_systemd.OBSTACLE)
class TestSystemd(base.Spared, real_guests.RealGuests,
                  under_systemd.SystemdTestCase):

    OPTIONS = {'driver': 'libvirt', 'hosts': 2, 'settings': [
        'libvirt.live_migration_bandwidth=%d' % SLOW]}

    def test_stop(self):
        """libvirtd starts anew, a guest leaves, and the unit is stopped."""
        unit = self.run_by_unit(SOURCE)
        pid = unit.show('MainPID')
        uuid = self._boot()
        hypervisor = 'libvirtd@' + SOURCE
        self.cloud.stop(hypervisor)
        self.cloud.start(hypervisor)
        self.await_ticks(uuid)
        self.assertEqual(pid, unit.show('MainPID'))
        self._migrate(uuid)
        states, texts, took = self.stop_unit(unit)
        self.assertEqual(['deactivating', 'inactive'], states)
        self.assertEqual(['success', '0'],
                         unit.show('Result', 'ExecMainStatus'))
        shown = under_systemd.percents(texts)
        self.assertEqual(sorted(shown), shown)
        self.assertGreater(len(set(shown)), 2, texts)
        self.api.await_server(uuid, host=DESTINATION, status='ACTIVE')
        self.check_place(uuid, DESTINATION)
        self.await_rounds(uuid)
        self.figure('systemd: a stop while a real guest moves',
                    seconds=round(took, 1), shown=len(set(shown)))

    def test_guest_that_writes_too_fast(self):
        """As soon as it stands still no more time is asked for."""
        self.ensure_up(DESTINATION)
        unit = self.run_by_unit(
            SOURCE, 'TimeoutStopSec=%d' % SHORT,
            config='[libvirt]\nlive_migration_bandwidth = 4\n')
        uuid = self._boot()
        self._migrate(uuid)
        states, texts, took = self.stop_unit(unit)
        self.assertEqual(['success', '0'],
                         unit.show('Result', 'ExecMainStatus'))
        self.assertLess(took, BUDGET / 2)
        self.api.await_server(uuid, host=SOURCE, status='ACTIVE',
                              task_state=None)
        self.assertEqual('cancelled', self.api.migrations(uuid)[0]['status'])
        self.assertEqual({'live_migration': 'aborted'}, {
            work['name']: work['fate']
            for work in self.report(SOURCE)['works']})
        self.check_place(uuid, SOURCE)
        self.run_by_unit(SOURCE)
        self.await_ticks(uuid)
        self.figure('systemd: a stop while a real guest does not get away',
                    seconds=round(took, 1))

    def _boot(self):
        uuid = self.boot(SOURCE, image='ticker-busy')
        self.await_life(uuid, lambda seen: seen.ticks_seen >= 4)
        return uuid

    def _migrate(self, uuid):
        self.api.live_migrate(uuid, DESTINATION)
        self.await_that('memory moves', lambda: self.moves(uuid))
