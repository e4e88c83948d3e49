"""A server in every version: which members it has, and what they say."""

from nova_gs.api.views import servers
from tests.unit.api import base

#: Members that each version adds to what GET /servers/ID shows.
ADDED = {
    1: 'id name status tenant_id user_id metadata hostId image flavor '
       'created updated addresses links progress accessIPv4 accessIPv6 '
       'key_name config_drive security_groups OS-DCF:diskConfig '
       'OS-EXT-AZ:availability_zone OS-EXT-STS:task_state '
       'OS-EXT-STS:vm_state OS-EXT-STS:power_state '
       'OS-EXT-SRV-ATTR:host OS-EXT-SRV-ATTR:hypervisor_hostname '
       'OS-EXT-SRV-ATTR:instance_name OS-SRV-USG:launched_at '
       'OS-SRV-USG:terminated_at os-extended-volumes:volumes_attached',
    3: 'OS-EXT-SRV-ATTR:reservation_id OS-EXT-SRV-ATTR:launch_index '
       'OS-EXT-SRV-ATTR:hostname OS-EXT-SRV-ATTR:kernel_id '
       'OS-EXT-SRV-ATTR:ramdisk_id OS-EXT-SRV-ATTR:root_device_name '
       'OS-EXT-SRV-ATTR:user_data',
    9: 'locked',
    16: 'host_status',
    19: 'description',
    26: 'tags',
    63: 'trusted_image_certificates',
    71: 'server_groups',
    73: 'locked_reason',
    96: 'pinned_availability_zone',
}


def members(minor):
    """Return the members that a version shows."""
    return {name for since, names in ADDED.items() if since <= minor
            for name in names.split()}


class FullTestCase(base.ApiTestCase):

    def show(self, instance, minor=base.MAX):
        return self.get('servers/' + instance.uuid, minor=minor)['server']

    def test_members(self):
        instance = self.add_instance()
        for minor in range(1, base.MAX + 1):
            self.assertEqual(
                members(minor), set(self.show(instance, minor)), minor)

    def test_members_in_lists(self):
        self.add_instance()
        for minor in (1, 47, 70, 71, base.MAX):
            server, = self.get('servers/detail', minor=minor)['servers']
            self.assertEqual(members(minor) - {'server_groups'}, set(server))

    def test_flavor(self):
        instance = self.add_instance()
        old = self.show(instance, 46)['flavor']
        self.assertEqual('1', old['id'])
        self.assertEqual(['bookmark'], [link['rel'] for link in old['links']])
        self.assertEqual({
            'original_name': 'm1.ticker', 'vcpus': 1, 'ram': 128, 'disk': 1,
            'ephemeral': 0, 'swap': 0, 'extra_specs': {}},
            self.show(instance, 47)['flavor'])

    def test_image(self):
        self.assertEqual(
            self.image.id, self.show(self.add_instance())['image']['id'])
        self.assertEqual(
            '', self.show(self.add_instance(image_ref=None))['image'])

    def test_fault(self):
        fault = {'code': 500, 'message': 'No room.', 'details': 'long',
                 'created': '2030-01-01T00:00:00+00:00'}
        broken = self.show(self.add_instance(vm_state='error', fault=fault))
        self.assertEqual({**fault, 'created': '2030-01-01T00:00:00Z'},
                         broken['fault'])
        self.assertNotIn('progress', broken)
        fine = self.show(self.add_instance(fault=fault))
        self.assertNotIn('fault', fine)

    def test_fault_without_a_time(self):
        broken = self.show(self.add_instance(
            vm_state='error', fault={'message': 'No room.'}))
        self.assertEqual(broken['updated'], broken['fault']['created'])
        self.assertEqual(500, broken['fault']['code'])

    def test_host_status(self):
        instance = self.add_instance()
        self.assertEqual('UP', self.show(instance)['host_status'])
        self.services['host1'].set_status(forced_down=True)
        self.assertEqual('DOWN', self.show(instance)['host_status'])
        self.drain('host1')
        self.assertEqual('MAINTENANCE', self.show(instance)['host_status'])
        for host, status in ((None, ''), ('gone', 'UNKNOWN')):
            self.assertEqual(status, self.show(
                self.add_instance(host=host))['host_status'])

    def test_zone(self):
        server = self.show(self.add_instance(availability_zone=None))
        self.assertEqual('nova', server['OS-EXT-AZ:availability_zone'])
        self.assertIsNone(server['pinned_availability_zone'])
        server = self.show(self.add_instance(
            host=None, availability_zone='nova'))
        self.assertEqual('nova', server['pinned_availability_zone'])


class HostIdTestCase(base.ApiTestCase):

    def test_tells_hosts_apart_but_does_not_name_them(self):
        one, two = (servers.host_id(host, 'p') for host in ('h1', 'h2'))
        self.assertNotEqual(one, two)
        self.assertNotEqual(one, servers.host_id('h1', 'q'))
        self.assertEqual(56, len(one))
        self.assertEqual('', servers.host_id(None, 'p'))
