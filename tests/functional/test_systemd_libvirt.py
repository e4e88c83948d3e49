"""A real guest moves while systemd stops the host that it leaves."""

import unittest

from nova_gs.devcloud import figures
from tests.functional import real_guests
from tests.functional import under_systemd

SOURCE, DESTINATION = 'host-a', 'host-b'

#: MiB/s with which memory moves; the guest writes 8.
SLOW = 10 if figures.is_full() else 14


@unittest.skipIf(under_systemd.OBSTACLE, 'There is no systemd to be had: %s.'
                 % under_systemd.OBSTACLE)
class TestSystemd(real_guests.RealGuests, under_systemd.SystemdTestCase):

    OPTIONS = {'driver': 'libvirt', 'hosts': 2, 'settings': [
        'libvirt.live_migration_bandwidth=%d' % SLOW]}

    def test_stop(self):
        """libvirtd starts anew, a guest leaves, and the unit is stopped."""
        unit = self.run_by_unit(SOURCE)
        pid = unit.show('MainPID')
        uuid = self.boot(SOURCE, image='ticker-busy')
        self.await_life(uuid, lambda seen: seen.ticks_seen >= 4)
        hypervisor = 'libvirtd@' + SOURCE
        self.cloud.stop(hypervisor)
        self.cloud.start(hypervisor)
        self.await_ticks(uuid)
        self.assertEqual(pid, unit.show('MainPID'))
        self.api.live_migrate(uuid, DESTINATION)
        self.await_that('memory moves', lambda: self.moves(uuid))
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
