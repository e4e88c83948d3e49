"""What was done to a server."""

from nova_gs import objects
from tests.unit.api import base


class InstanceActionsTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.instance = self.add_instance()
        self.path = 'servers/%s/os-instance-actions' % self.instance.uuid
        self.request_id = self.act(
            self.instance, 'os-stop').headers['x-compute-request-id']
        self.one = '%s/%s' % (self.path, self.request_id)
        operation, = self.operations(self.instance)
        self.claimed = objects.Operation.claim(
            self.ctxt, operation.uuid, 'stop_instance', 'host1-owner', 'claim')

    def finish(self):
        self.claimed.finish('succeeded', instance={'vm_state': 'stopped'})

    def test_members(self):
        common = {'action', 'instance_uuid', 'request_id', 'user_id',
                  'project_id', 'start_time', 'message'}
        for minor in (1, 58, base.MAX):
            more = {'updated_at'} if minor >= 58 else set()
            item, = self.get(self.path, minor=minor)['instanceActions']
            self.assertEqual(common | more, set(item))
            item = self.get(self.one, minor=minor)['instanceAction']
            self.assertEqual(common | more | {'events'}, set(item))

    def test_events(self):
        self.finish()
        common = {'event', 'start_time', 'finish_time', 'result',
                  'traceback'}
        for minor, more in ((1, set()), (62, {'host', 'hostId'}),
                            (84, {'host', 'hostId', 'details'})):
            event, = self.get(self.one, minor=minor)[
                'instanceAction']['events']
            self.assertEqual(common | more, set(event))
            self.assertEqual('Success', event['result'])
        self.assertEqual('host1', event['host'])

    def test_not_there(self):
        self.assert_fault(404, 'req-none', self.request(
            'GET', self.path + '/req-none'))

    def test_pages(self):
        self.finish()
        self.act(self.instance, 'os-start')
        newest = self.get(self.path + '?limit=1')
        self.assertEqual(['start'], [
            action['action'] for action in newest['instanceActions']])
        marker = newest['instanceActions'][0]['request_id']
        self.assertIn('marker=' + marker, newest['links'][0]['href'])
        rest = self.get(self.path + '?marker=' + marker)
        self.assertEqual(['stop'], [
            action['action'] for action in rest['instanceActions']])

    def test_of_deleted_servers(self):
        self.claimed.finish('succeeded', instance={'deleted': True})
        self.assertEqual(
            self.request_id,
            self.get(self.one)['instanceAction']['request_id'])
        self.assertEqual(404, self.request(
            'GET', self.path, minor=20).status_code)
