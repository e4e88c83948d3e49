"""A libvirtd that hangs holds up only what asks it."""

import signal

from tests.fixtures import records
from tests.functional import base
from tests.functional import test_drain

HOST = 'host-a'

#: Seconds that a read may take which does not need libvirtd.
READ_WITHIN = 2

#: Seconds for the last goodbye to a libvirtd that does not answer, and for
#: everything else of an idle stop.
STOPPED_WITHIN = 2 + 1


class HungLibvirtd:
    """Scenarios for any class with libvirt and a HOST."""

    def hang(self):
        """Stop libvirtd; returns a function that lets it go on."""
        process = self.cloud.part('libvirtd@' + HOST).process
        process.send_signal(signal.SIGSTOP)

        def go_on():
            process.send_signal(signal.SIGCONT)

        self.addCleanup(go_on)
        return go_on

    def test_who_does_not_ask_it_goes_on(self):
        """Reads, the drain and its heartbeats, while a reboot hangs."""
        self.ensure_up()
        uuid = self.boot(HOST)
        self.addCleanup(self._delete, uuid)
        go_on = self.hang()
        self.api.action(uuid, 'reboot', {'type': 'HARD'})
        known = records.Records(self.cloud.layout)
        self.await_that('the reboot is claimed',
                        lambda: known.last_operation(uuid)['owner'])
        self._check_reads(uuid)
        sent = self.terminate(HOST)
        self.await_that('the intake is closed', self._is_closed)
        took = self.clock.utcnow().timestamp() - sent
        self.assertLess(took, base.within(test_drain.CLOSED_WITHIN))
        self._check_heartbeats()
        self.assertTrue(self.cloud.part(HOST).process.pid())
        go_on()
        code, _ = self.await_exit(HOST)
        self.assertEqual(0, code)
        operation = known.last_operation(uuid)
        self.assertEqual(('succeeded', None),
                         (operation['state'], operation['error']))
        self.figure('9 libvirtd hangs: SIGTERM to intake closed',
                    seconds=round(took, 3))

    def _check_reads(self, uuid):
        for _ in range(self.times(5, 50)):
            began = self.clock.now()
            self.api.console(uuid)
            self.assertLess(self.clock.now() - began,
                            base.within(READ_WITHIN))

    def _check_heartbeats(self):
        """Two more of them come."""
        seen = {self.api.service(HOST)['updated_at']}

        def beaten():
            service = self.api.service(HOST)
            self.assertEqual('up', service['state'])
            seen.add(service['updated_at'])
            return len(seen) > 2

        self.await_that('heartbeats', beaten, 10)

    def _is_closed(self):
        return self.cloud.broker.consumers('compute.' + HOST) == 0

    def _delete(self, uuid):
        self.ensure_up()
        self.api.delete_server(uuid)
        self.api.await_gone(uuid)

    def test_idle_stop(self):
        """It keeps nobody from leaving."""
        took = []
        for _ in range(self.times(1, 10)):
            self.ensure_up()
            go_on = self.hang()
            sent = self.terminate(HOST)
            code, ended = self.await_exit(HOST)
            go_on()
            self.assertEqual(0, code)
            took.append(ended - sent)
        self.figure('9 libvirtd hangs: SIGTERM to exit', runs=len(took),
                    max_s=round(max(took), 3))
        self.assertLess(max(took), base.within(STOPPED_WITHIN))


class TestHungLibvirtd(base.Spared, HungLibvirtd, base.CloudTestCase):

    OPTIONS = {'driver': 'libvirt', 'hosts': 1}
