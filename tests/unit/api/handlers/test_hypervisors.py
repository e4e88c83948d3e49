"""See the hosts."""

from nova_gs import objects
from tests.unit.api import base

BRIEF = {'id', 'hypervisor_hostname', 'state', 'status'}
FULL = BRIEF | {'hypervisor_type', 'hypervisor_version', 'host_ip', 'service'}
SIZES = {'vcpus', 'vcpus_used', 'memory_mb', 'memory_mb_used', 'local_gb',
         'local_gb_used', 'free_ram_mb', 'free_disk_gb', 'running_vms',
         'current_workload', 'disk_available_least'}


class HypervisorsTestCase(base.ApiTestCase):

    def test_members(self):
        for minor in (1, 28, 53, 87, 88, base.MAX):
            full = FULL | ({'uptime'} if minor >= 88 else
                           SIZES | {'cpu_info'})
            brief = self.get('os-hypervisors', minor=minor)
            self.assertEqual(BRIEF, set(brief['hypervisors'][0]))
            detail = self.get('os-hypervisors/detail', minor=minor)[
                'hypervisors'][0]
            self.assertEqual(full, set(detail))
            one = self.get('os-hypervisors/%s' % detail['id'], minor=minor)
            self.assertEqual(detail, one['hypervisor'])

    def test_what_changed_its_form(self):
        old, middle, new = (
            self.get('os-hypervisors/detail', minor=minor)['hypervisors'][0]
            for minor in (27, 28, 53))
        self.assertEqual('{"arch": "x86_64"}', old['cpu_info'])
        self.assertEqual({'arch': 'x86_64'}, middle['cpu_info'])
        node = objects.ComputeNode.get_by_host(self.ctxt, 'host1')
        self.assertEqual((node.id, node.uuid), (middle['id'], new['id']))
        self.assertEqual(self.services['host1'].uuid, new['service']['id'])

    def test_draining_host(self):
        self.drain('host1')
        node = self.get('os-hypervisors/detail')['hypervisors'][0]
        self.assertEqual(('disabled', 'up'), (node['status'], node['state']))
        self.assertIn('SIGTERM', node['service']['disabled_reason'])

    def test_usage(self):
        self.add_instance()
        node = self.get('os-hypervisors/detail', minor=87)['hypervisors'][0]
        self.assertEqual(
            (1, 128, 4096 - 128), (node['vcpus_used'],
                                   node['memory_mb_used'],
                                   node['free_ram_mb']))
        total = self.get('os-hypervisors/statistics', minor=87)[
            'hypervisor_statistics']
        self.assertEqual((2, 8192, 128), (
            total['count'], total['memory_mb'], total['memory_mb_used']))

    def test_servers(self):
        instance = self.add_instance()
        shown = [{'uuid': instance.uuid, 'name': 'vm'}]
        for minor, empty in ((53, None), (75, [])):
            one, two = self.get('os-hypervisors?with_servers=true',
                                minor=minor)['hypervisors']
            self.assertEqual((shown, empty),
                             (one['servers'], two.get('servers')))
        one, = self.get('os-hypervisors/host1/servers', minor=52)[
            'hypervisors']
        self.assertEqual(shown, one['servers'])

    def test_search(self):
        one, = self.get('os-hypervisors/host1/search', minor=52)[
            'hypervisors']
        self.assertEqual('host1.example.org', one['hypervisor_hostname'])
        found = self.get(
            'os-hypervisors?hypervisor_hostname_pattern=example')
        self.assertEqual(2, len(found['hypervisors']))
        self.assert_fault(404, "'mars'", self.request(
            'GET', 'os-hypervisors?hypervisor_hostname_pattern=mars'))

    def test_pages(self):
        page = self.get('os-hypervisors?limit=1')
        marker = page['hypervisors'][0]['id']
        self.assertIn('marker=' + marker, page['hypervisors_links'][0]['href'])
        rest = self.get('os-hypervisors?marker=' + marker)
        self.assertEqual('host2.example.org',
                         rest['hypervisors'][0]['hypervisor_hostname'])
        self.assert_fault(400, 'pattern', self.request(
            'GET',
            'os-hypervisors?limit=1&hypervisor_hostname_pattern=host'))

    def test_not_there(self):
        for path, minor in (
                ('host1.example.org', base.MAX), ('99', 1),
                ('6d9b1a3e-5f0c-4c1d-9d0a-0e5f6a7b8c90', base.MAX),
                ('host1/search', 53), ('host1/servers', 53),
                ('1/uptime', 88), ('statistics', 88)):
            self.assertEqual(404, self.request(
                'GET', 'os-hypervisors/' + path, minor=minor).status_code)

    def test_uptime(self):
        self.assert_fault(400, 'uptime', self.request(
            'GET', 'os-hypervisors/1/uptime', minor=1))


class ZonesTestCase(base.ApiTestCase):

    def test_aggregates(self):
        self.assertEqual({'aggregates': []}, self.get('os-aggregates'))

    def test_zones(self):
        objects.Service.register(
            self.ctxt, 'c', 'nova-conductor', 'conductor', 1, 'o')
        zone, = self.get('os-availability-zone')['availabilityZoneInfo']
        self.assertEqual({'zoneName': 'nova', 'hosts': None,
                          'zoneState': {'available': True}}, zone)
        internal, zone = self.get('os-availability-zone/detail')[
            'availabilityZoneInfo']
        self.assertEqual('internal', internal['zoneName'])
        self.assertEqual(
            {'available': True, 'active': True},
            {name: value for name, value in
             zone['hosts']['host1']['nova-compute'].items()
             if name != 'updated_at'})

    def test_zone_of_draining_hosts(self):
        for host in self.services:
            self.drain(host)
        zone, = self.get('os-availability-zone')['availabilityZoneInfo']
        self.assertFalse(zone['zoneState']['available'])
