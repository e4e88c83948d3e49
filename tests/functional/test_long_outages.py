"""The conductor or libvirtd is away for minutes.

At rest, and in each phase of a live migration.  Nobody waits that long for
an answer, so everything has to be taken up by itself when it is back; what
is the matter is said once by each daemon, and once that it is over.
"""

import signal

from tests.functional import base
from tests.functional import real_guests
from tests.functional import travellers
from tests.functional import trouble
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Longer than any answer is waited for (``rpc_response_timeout`` is 60 s).
MINUTES = 120

#: Longer than libvirt's keepalive and the computes' own patience.
A_MINUTE = 60

#: What a compute says of a conductor that is away, and of its return.
LOST, FOUND = 'Our heartbeat is not taken', 'Our heartbeat is taken again'


class TestConductorGone(base.Spared, two_hosts.TwoHostsTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 2,
               'settings': [travellers.SETTING,
                            'operations.sweep_interval=1']}

    def setUp(self):
        super().setUp()
        self.addCleanup(self.delete_all)

    def test_in_mid_migration(self):
        for number in (signal.SIGKILL, signal.SIGSTOP):
            with self.subTest(signal=number.name):
                self._ride_out(number, travellers.BEGUN)

    def test_at_rest(self):
        for number in (signal.SIGKILL, signal.SIGSTOP):
            with self.subTest(signal=number.name):
                self._ride_out(number, ())

    def _ride_out(self, number, phases):
        guests = travellers.bring(self, phases)
        heard = trouble.Heard(self.cloud, SOURCE, DESTINATION, 'api')
        self._send(number)
        for guest in guests:
            guest.let_go(wait=False)
        trouble.last(MINUTES)
        self._end(number)
        back = self.clock.now()
        travellers.await_all_ended(self)
        self.figure('conductor away for %d s (%s), %s' % (
            MINUTES, number.name, '%d migrations' % len(guests) if guests
            else 'at rest'), all_final_after_s=round(
                self.clock.now() - back, 2))
        for guest in guests:
            if number == signal.SIGSTOP and self._has_given_up(guest):
                self.check_final(
                    guest.uuid, guest.request_id, 'error', SOURCE,
                    'did not answer check_can_live_migrate')
            else:
                travellers.check(self, guest)
        heard.check_same(self)
        for host in (SOURCE, DESTINATION):
            self.await_that('%s says that it is over' % host,
                            lambda host=host: FOUND in heard.said(host))
            self.assertEqual(1, heard.said(host).count(LOST))
        self.delete_all()

    def _has_given_up(self, guest):
        """Whether a conductor that stood still has waited in vain.

        It was asking the destination, and its time went on meanwhile.
        """
        return (guest.phase.name == 'checks'
                and self.status(guest.uuid) == 'error')

    def _send(self, number):
        """Kill the conductor, or have it stand still."""
        with self.records.unwritten():
            self.cloud.stop('conductor', number,
                            wait=number == signal.SIGKILL)

    def _end(self, number):
        if number == signal.SIGKILL:
            self.cloud.start('conductor')
        else:
            self.cloud.stop('conductor', signal.SIGCONT, wait=False)


class TestLibvirtdGone(base.Spared, real_guests.RealGuests,
                       base.CloudTestCase):

    OPTIONS = {'driver': 'libvirt', 'hosts': 2,
               # A little more than the guest writes: time to break things.
               'settings': ['libvirt.live_migration_bandwidth=12']}

    def setUp(self):
        super().setUp()
        self.addCleanup(self._delete_all)

    def test_at_rest(self):
        """Guests live on; the daemons are the same when it is back."""
        uuid = self.boot(SOURCE)
        heard = trouble.Heard(self.cloud, SOURCE, DESTINATION, 'conductor')
        self._away(SOURCE, A_MINUTE)
        heard.check_same(self)
        self.await_ticks(uuid)
        self.await_that('it is found again', lambda: self._reboots(uuid), 60)
        self.assertEqual('', heard.repeated(SOURCE))

    def test_source_in_mid_migration(self):
        self._ride_out(SOURCE)

    def test_destination_in_mid_migration(self):
        self._ride_out(DESTINATION)

    def _ride_out(self, host):
        uuid = self.boot(SOURCE, image='ticker-busy')
        self.await_life(uuid, lambda seen: seen.rounds >= 2)
        heard = trouble.Heard(self.cloud, SOURCE, DESTINATION, 'conductor')
        self.api.live_migrate(uuid, DESTINATION)
        self.await_that('memory moves', lambda: any(
            one['status'] == 'running' and one['memory_processed_bytes']
            for one in self.api.live_migrations(uuid)),
            real_guests.PATIENCE)
        self._away(host, A_MINUTE)
        back = self.clock.now()
        self.await_that('it has ended', lambda: self.api.migrations(uuid)[0][
            'status'] in ('completed', 'error'), real_guests.PATIENCE)
        status = self.api.migrations(uuid)[0]['status']
        self.figure('libvirtd of %s away for %d s in a migration' % (
            host, A_MINUTE), final_after_s=round(self.clock.now() - back, 2))
        place = DESTINATION if status == 'completed' else SOURCE
        self.api.await_server(uuid, status='ACTIVE', task_state=None,
                              host=place)
        self.check_place(uuid, place)
        self.await_rounds(uuid)
        heard.check_same(self)
        self.assertEqual('', heard.repeated(host))

    def _away(self, host, seconds):
        self.cloud.stop('libvirtd@' + host)
        trouble.last(seconds)
        self.cloud.start('libvirtd@' + host)

    def _reboots(self, uuid):
        """Whether a reboot is taken and succeeds."""
        answer = self.api.action(uuid, 'reboot', {'type': 'HARD'})
        self.api.await_server(uuid, real_guests.PATIENCE, status='ACTIVE',
                              task_state=None)
        return self.api.instance_action(
            uuid, answer.request_id)['message'] is None

    def _delete_all(self):
        for host in self.cloud.hosts:
            if not self.cloud.part('libvirtd@' + host).process.pid():
                self.cloud.start('libvirtd@' + host)
        self.ensure_up()
        servers = [one['id'] for one in self.api.get('servers')['servers']]
        for uuid in servers:
            self.api.await_server(uuid, real_guests.PATIENCE,
                                  task_state=None)
            self.api.delete_server(uuid)
        for uuid in servers:
            self.api.await_gone(uuid)
