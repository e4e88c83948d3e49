"""See services and take them out of use."""

from nova_gs import objects
from tests.unit.api import base


class ServicesTestCase(base.ApiTestCase):

    def reread(self, host):
        return objects.Service.get_by_host_and_binary(
            self.ctxt, host, 'nova-compute')

    def put(self, path, minor=base.MAX, **body):
        return self.request('PUT', 'os-services/' + path, body, minor=minor)

    def test_members(self):
        common = {'id', 'binary', 'host', 'zone', 'status', 'state',
                  'updated_at', 'disabled_reason'}
        for minor in (1, 10, 11, 53, base.MAX):
            more = {'forced_down'} if minor >= 11 else set()
            service = self.get('os-services', minor=minor)['services'][0]
            self.assertEqual(common | more, set(service))
            self.assertEqual(minor >= 53, isinstance(service['id'], str))

    def test_filters(self):
        for query, count in (('', 2), ('?host=host1', 1), ('?host=x', 0),
                             ('?binary=nova-compute', 2),
                             ('?binary=nova-conductor', 0)):
            found = self.get('os-services' + query)['services']
            self.assertEqual(count, len(found))

    def test_draining_host_shows(self):
        self.drain('host1')
        service, = self.get('os-services?host=host1')['services']
        self.assertEqual(
            ('disabled', 'up',
             'draining: SIGTERM, until 2030-01-02T03:04:05Z'),
            (service['status'], service['state'],
             service['disabled_reason']))

    def test_stopped_host_shows(self):
        self.drain('host1', 'stopped')
        service, = self.get('os-services?host=host1')['services']
        self.assertEqual('down', service['state'])

    def test_before_53(self):
        which = {'host': 'host1', 'binary': 'nova-compute', 'minor': 52}
        self.assertEqual(
            {'host': 'host1', 'binary': 'nova-compute', 'status': 'disabled',
             'disabled_reason': 'disk'},
            self.put('disable-log-reason', disabled_reason='disk',
                     **which).json['service'])
        self.assertTrue(self.reread('host1').disabled)
        self.assertEqual('enabled', self.put(
            'enable', **which).json['service']['status'])
        self.assertFalse(self.reread('host1').disabled)
        self.assertIsNone(self.reread('host1').disabled_reason)
        self.assertEqual('disabled', self.put(
            'disable', **which).json['service']['status'])
        self.assertIs(True, self.put(
            'force-down', forced_down='true', **which).json['service'][
                'forced_down'])
        self.assertTrue(self.reread('host1').forced_down)

    def test_since_53(self):
        uuid = self.services['host1'].uuid
        service = self.put(uuid, status='disabled',
                           disabled_reason='disk').json['service']
        self.assertEqual(('disabled', 'disk', 'up'), (
            service['status'], service['disabled_reason'],
            service['state']))
        service = self.put(uuid, forced_down=True).json['service']
        self.assertEqual(('disabled', 'down'),
                         (service['status'], service['state']))
        service = self.put(uuid, status='enabled').json['service']
        self.assertEqual(('enabled', None), (
            service['status'], service['disabled_reason']))

    def test_refused(self):
        uuid = self.services['host1'].uuid
        conductor = objects.Service.register(
            self.ctxt, 'c', 'nova-conductor', 'conductor', 1, 'o')
        for code, result in (
                (404, self.put('enable', host='host1',
                               binary='nova-compute')),
                (404, self.put(uuid, minor=52, status='enabled')),
                (404, self.put('enable', minor=1, host='host9',
                               binary='nova-compute')),
                (400, self.put(uuid)),
                (400, self.put(uuid, status='perhaps')),
                (400, self.put(uuid, disabled_reason='disk')),
                (400, self.put('1', status='enabled')),
                (400, self.put(conductor.uuid, status='disabled')),
                (404, self.put('6d9b1a3e-5f0c-4c1d-9d0a-0e5f6a7b8c90',
                               status='enabled'))):
            self.assertEqual(code, result.status_code, result.text)
