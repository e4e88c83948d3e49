"""Real guests that are moved switched off, while hosts are stopped or killed.

They do not listen when asked to shut down, so that takes as long as it may:
time enough to stop a host in it.
"""

from tests.functional import base
from tests.functional import real_guests
from tests.functional import resizing
from tests.functional import test_resize

SOURCE, DESTINATION = resizing.SOURCE, resizing.DESTINATION

#: Seconds that a guest gets to shut down by itself.
SHUT_DOWN = 2


class TestResizeOnLibvirt(
        base.Spared, real_guests.RealGuests, resizing.ResizeTestCase):

    SOME = ('test_stops',)
    OPTIONS = {'driver': 'libvirt', 'hosts': 2, 'settings': [
        'operations.sweep_interval=1',
        'DEFAULT.shutdown_timeout=%d' % SHUT_DOWN]}

    def _tidy(self):
        self.start_both()
        self.await_settled()
        self.delete_all()

    def setUp(self):
        super().setUp()
        self.uuid = self.boot(SOURCE)
        self.await_ticks(self.uuid, 2)
        self.boots = 1

    def begin(self, what, task_state, **arguments):
        """Ask for something; return when the guest is told to go."""
        request = self.ask(self.uuid, what, arguments or None)
        self.await_that('the guest is told', lambda: self.api.server(
            self.uuid)['OS-EXT-STS:task_state'] == task_state)
        return request

    def check_moved(self, status, host):
        """It runs there alone, booted once more, and its console goes on."""
        self.await_rest(self.uuid, status)
        self.check_place(self.uuid, host)
        self.boots += 1
        self.await_that('it runs', lambda: self.life(
            self.uuid).boots_seen == self.boots, real_guests.PATIENCE)

    def test_stops(self):
        """SIGTERM to the source of a move, then to whom it is taken from."""
        request = self.begin('migrate', 'resize_migrating')
        self.terminate(SOURCE)
        self.assertEqual(0, self.await_exit(SOURCE)[0])
        self.check_moved('VERIFY_RESIZE', DESTINATION)
        self.check_ended(self.uuid, request)
        self.start_both()
        request = self.begin('revertResize', 'resize_reverting')
        self.await_that('it has begun', lambda: self.records.last_operation(
            self.uuid)['state'] == 'running')
        self.terminate(DESTINATION)
        self.assertEqual(0, self.await_exit(DESTINATION)[0])
        self.check_moved('ACTIVE', SOURCE)
        self.check_ended(self.uuid, request)
        self.assertEqual('reverted', self.status(self.uuid))

    def test_kill(self):
        """kill -9 of the source in a resize: it ends after the next start."""
        test_resize.make_flavor(self, 'large', 160, 1)
        request = self.begin('resize', 'resize_migrating', flavorRef='large')
        self.cloud.kill(SOURCE)
        self.cloud.start(SOURCE)
        self.check_moved('VERIFY_RESIZE', DESTINATION)
        self.check_ended(self.uuid, request)
        domain = self.domains(DESTINATION)[self.uuid]
        self.assertEqual(160 << 10, domain.maxMemory())
        self.assertEqual(1 << 30, domain.blockInfo('vda')[0])
        self.settle(self.uuid, 'confirmResize')
        self.check_place(self.uuid, DESTINATION)
