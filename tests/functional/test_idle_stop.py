"""How fast a compute leaves when nothing keeps it."""

import random
import threading

from nova_gs.devcloud import figures
from tests.functional import base

#: Seconds; what the service promises.
PROMISE = 0.3


class TestIdleStop(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1}
    HOST = 'host-a'

    def test_idle(self):
        """Exit at once, however long it has idled."""
        idle = random.Random(1)
        took = []
        for number in range(self.times(4, 100)):
            self.ensure_up()
            # What is waited for is idleness itself; nothing can announce it.
            longest = 15 if figures.is_full() else 4
            threading.Event().wait(idle.uniform(0.1, longest))
            sent = self.terminate(self.HOST)
            code, ended = self.await_exit(self.HOST)
            self.assertEqual(0, code)
            took.append(ended - sent)
        self.figure('2 idle SIGTERM to exit', runs=len(took),
                    median_s=round(figures.percentile(took, 50), 3),
                    max_s=round(max(took), 3))
        self.assert_prompt(took, PROMISE)

    def test_after_the_last_operation(self):
        """Exit at once when a reboot has ended."""
        self.ensure_up()
        uuid = self.boot(self.HOST)
        hypervisor = self.hypervisor(self.HOST)
        took = []
        for number in range(self.times(4, 100)):
            self.ensure_up()
            hypervisor.hold('reboot')
            self.api.action(uuid, 'reboot', {'type': 'HARD'})
            hypervisor.wait_for('reboot', count=number + 1)
            self.terminate(self.HOST)
            hypervisor.release('reboot')
            code, ended = self.await_exit(self.HOST)
            self.assertEqual(0, code)
            call = hypervisor.wait_for('reboot', event='ended',
                                       count=number + 1)
            took.append(ended - call['t'])
            self.api.await_server(uuid, status='ACTIVE', task_state=None)
        self.figure('2 end of the last operation to exit', runs=len(took),
                    median_s=round(figures.percentile(took, 50), 3),
                    p95_s=round(figures.percentile(took, 95), 3),
                    max_s=round(max(took), 3))
        self.assert_prompt(took, PROMISE)
