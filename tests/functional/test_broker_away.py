"""A broker that is away keeps nobody from asking, and loses nothing."""

from tests.functional import base

#: Seconds in which a request is answered although no message can be sent.
PROMPT = 2


class TestBrokerAway(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1,
               'settings': ['operations.sweep_interval=1']}
    HOST = 'host-a'

    def test_request_is_recorded_and_carried_out_later(self):
        uuid = self.boot(self.HOST)
        self.cloud.stop('broker')
        began = self.clock.now()
        answer = self.api.action(uuid, 'reboot', {'type': 'HARD'})
        took = self.clock.now() - began
        self.assertEqual(202, answer.status)
        self.assertEqual('HARD_REBOOT', self.api.server(uuid)['status'])
        self.cloud.start('broker')
        self.api.await_server(uuid, status='ACTIVE', task_state=None,
                              timeout=120)
        action = self.api.instance_action(uuid, answer.request_id)
        self.assertIsNone(action['message'])
        begun = [entry for entry in self.hypervisor(self.HOST).journal(
            'reboot') if entry['event'] == 'begun']
        self.assertEqual(1, len(begun))
        self.figure('a request while the broker is away', answered_s=round(
            took, 3))
        self.assertLess(took, base.within(PROMPT))
