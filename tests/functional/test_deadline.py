"""Work that does not end in time: named, recorded, taken up again."""

import json
import os

from nova_gs.service import compute
from tests.functional import base


class TestDeadline(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1, 'settings': [
        'DEFAULT.graceful_shutdown_timeout=4', 'shutdown.abort_reserve=1',
        'shutdown.release_reserve=2']}
    HOST = 'host-a'

    def test_work_that_hangs(self):
        uuid = self.boot(self.HOST)
        hypervisor = self.hypervisor(self.HOST)
        hypervisor.hold('reboot')
        answer = self.api.action(uuid, 'reboot', {'type': 'HARD'})
        hypervisor.wait_for('reboot')
        sent = self.terminate(self.HOST)
        code, ended = self.await_exit(self.HOST)
        self.assertEqual(3, code)
        self.assertLess(ended - sent, 4)
        with open(os.path.join(
                self.cloud.layout.state_path(self.HOST),
                compute.REPORT_FILE)) as stream:
            report = json.load(stream)
        self.assertEqual([('reboot_instance', 'left')], [
            (work['name'], work['fate']) for work in report['works']])
        self.assertEqual(3, report['exit_code'])
        hypervisor.release('reboot')
        self.cloud.start(self.HOST)
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
        action = self.api.instance_action(uuid, answer.request_id)
        self.assertIn('Interrupted', action['message'])
        self.api.action(uuid, 'reboot', {'type': 'HARD'})
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
