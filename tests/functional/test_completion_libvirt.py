"""Real guests that write faster than they can move, and what ends that."""

import libvirt

from nova_gs.devcloud import guest_image
from tests.functional import base
from tests.functional import real_guests

#: What each host does about them.
ABORTS, FORCES, SLOWS = 'host-a', 'host-b', 'host-c'

#: Seconds that a migration may be under way on the first two.
ALLOWED = 4

#: Writes 8 MiB/s, and has been through its memory in a second and a half.
IMAGE = guest_image.Ticker('ticker-fast', pages=32, region_mib=12)

PATIENCE = real_guests.PATIENCE


class TestCompletion(base.Spared, real_guests.RealGuests, base.CloudTestCase):
    """At full counts only: guests are slowed down step by step."""

    OPTIONS = {'driver': 'libvirt', 'hosts': 3, 'settings': [
        'libvirt.live_migration_bandwidth=4',
        'libvirt.live_migration_completion_timeout=%d' % ALLOWED,
        FORCES + ':libvirt.live_migration_timeout_action=force_complete',
        SLOWS + ':libvirt.live_migration_completion_timeout=0',
        SLOWS + ':libvirt.live_migration_permit_auto_converge=true']}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cloud.add_image(IMAGE)

    def move(self, source, destination):
        """Begin to move a new guest; returns its UUID and the request's."""
        uuid = self.boot(source, IMAGE.name)
        self.await_life(uuid, lambda seen: seen.rounds >= 2)
        request = self.api.live_migrate(uuid, destination).request_id
        self.await_that('memory moves', lambda: self.moves(uuid), PATIENCE)
        return uuid, request

    def await_end(self, uuid):
        """Wait until a guest does not move any more."""
        self.await_that('it is over', lambda: (
            not self.api.live_migrations(uuid)), PATIENCE)
        self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                              task_state=None)

    def check_ended(self, uuid, host, status):
        """The guest lives on in one place."""
        self.assertEqual(status, self.api.migrations(uuid)[0]['status'])
        self.check_place(uuid, host)
        self.await_rounds(uuid)
        self.api.delete_server(uuid)
        self.api.await_gone(uuid)

    def test_called_off(self):
        for _ in range(self.times(1, 5)):
            uuid, request = self.move(ABORTS, FORCES)
            self.await_end(uuid)
            self.assertIn(
                'live_migration_completion_timeout allows %d s' % ALLOWED,
                self.api.instance_action(uuid, request)['message'])
            self.check_ended(uuid, ABORTS, 'cancelled')

    def test_made_to_end(self):
        for _ in range(self.times(1, 5)):
            uuid, request = self.move(FORCES, ABORTS)
            self.await_end(uuid)
            self.assertIsNone(
                self.api.instance_action(uuid, request)['message'])
            self.check_ended(uuid, ABORTS, 'completed')

    def test_slowed_down(self):
        """QEMU takes the processor away from the guest until it arrives."""
        slowest = []
        for _ in range(self.times(1, 3)):
            uuid, _request = self.move(SLOWS, ABORTS)
            domain, seen = self.domains(SLOWS)[uuid], [0]

            def is_over(domain=domain, uuid=uuid, seen=seen):
                seen.append(_throttle(domain))
                return not self.api.live_migrations(uuid)

            self.await_that('it arrives', is_over, 2 * PATIENCE, every=0.1)
            self.assertGreater(max(seen), 0, 'it was never slowed down')
            slowest.append(max(seen))
            self.await_end(uuid)
            self.check_ended(uuid, ABORTS, 'completed')
        self.figure('auto-converge: processor time taken away',
                    runs=len(slowest), max_percent=max(slowest))


def _throttle(domain):
    """Return the per cent of a guest's time that QEMU takes away."""
    try:
        return domain.jobStats().get('auto_converge_throttle', 0)
    except libvirt.libvirtError:
        # It has left.
        return 0
