"""Create servers."""

from falcon import testing
import fixtures

from nova_gs.api.handlers import common
from nova_gs.api.handlers import networks
from nova_gs import exception
from nova_gs.network import built_in
from nova_gs import objects
from tests.unit.api import base


class CreateTestCase(base.ApiTestCase):

    def create(self, minor=base.MAX, hints=None, **more):
        body = {'server': {'name': 'vm', 'flavorRef': '1',
                           'imageRef': self.image.id, **more}}
        if minor >= 37:
            body['server'].setdefault('networks', 'none')
        if hints is not None:
            body['os:scheduler_hints'] = hints
        return self.request('POST', 'servers', body, minor=minor)

    def created(self, **kwargs):
        """Create one and return its record."""
        result = self.create(**kwargs)
        self.assertEqual(202, result.status_code, result.text)
        return objects.Instance.get_by_uuid(
            self.ctxt, result.json['server']['id'])

    def test_recorded_and_offered(self):
        instance = self.created()
        self.assertEqual(
            ('building', 'scheduling', None, 'vm', self.image.id, '1', 128),
            (instance.vm_state, instance.task_state, instance.host,
             instance.hostname, instance.image_ref, instance.flavor.flavorid,
             instance.memory_mb))
        build, = self.operations(instance)
        self.assertEqual(
            ('build', 'build_server', None,
             {'image_id': self.image.id, 'host': None}),
            (build.kind, build.step, build.host, build.params))
        self.assertEqual([('build_server', None, build.uuid)],
                         self.publisher.published)

    def test_answer(self):
        result = self.create()
        self.assertEqual(
            {'id', 'links', 'OS-DCF:diskConfig', 'security_groups',
             'adminPass'}, set(result.json['server']))
        self.assertTrue(result.headers['location'].endswith(
            '/v2.1/servers/' + result.json['server']['id']))

    def test_request_id_is_the_action_s(self):
        result = self.create()
        action, = self.get('servers/%s/os-instance-actions' %
                           result.json['server']['id'])['instanceActions']
        self.assertEqual(('create', result.headers['x-compute-request-id']),
                         (action['action'], action['request_id']))

    def test_broker_is_away(self):
        self.publisher.broker_away = True
        instance = self.created()
        self.assertEqual(1, len(self.operations(instance)))

    def test_description(self):
        for minor, given, kept in ((18, {}, 'vm'), (19, {}, None),
                                   (19, {'description': 'd'}, 'd')):
            self.assertEqual(
                kept, self.created(minor=minor, **given).description)

    def test_hostname(self):
        for name, hostname in (('My Server!', 'my-server'), ('ä', 'server'),
                               ('x' * 70, 'x' * 63)):
            self.assertEqual(hostname, self.created(name=name).hostname)
        self.assertEqual('h.example', self.created(
            hostname='h.example').hostname)

    def fill_after(self, number):
        """Let the database be full after so many operations."""
        accept, done = common.accept, []

        def accept_some(*args, **kwargs):
            if len(done) == number:
                raise exception.DatabaseFull(
                    condition='is full',
                    effect=exception.DatabaseUnavailable.NOT_WRITTEN)
            done.append(True)
            return accept(*args, **kwargs)

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.api.handlers.common.accept', accept_some))

    def test_nothing_can_be_recorded(self):
        self.fill_after(0)
        self.assert_fault(
            503, 'Nothing was recorded, so nothing was begun: the database '
                 'is full.', self.create(max_count=2))

    def test_not_all_can_be_recorded(self):
        self.fill_after(2)
        result = self.create(min_count=3)
        self.assert_fault(503, '2 of 3 servers are recorded', result)
        self.assert_fault(503, 'the database is full', result)

    def test_several(self):
        result = self.create(min_count=2, max_count='3',
                             return_reservation_id=True)
        found = objects.InstanceList.get_by_filters(
            self.ctxt, result.json, sort_dir='asc', sort_key='launch_index')
        self.assertEqual(
            [('vm-1', 0), ('vm-2', 1), ('vm-3', 2)],
            [(one.display_name, one.launch_index) for one in found])
        self.assertEqual(3, len(self.publisher.published))

    def test_as_the_command_line_client_asks(self):
        self.created(networks=[{'uuid': networks.NETWORKS[0]['id']}],
                     block_device_mapping_v2=[{
                         'uuid': self.image.id, 'boot_index': 0,
                         'source_type': 'image', 'destination_type': 'local',
                         'delete_on_termination': True}],
                     min_count=1, max_count=1)

    def test_on_a_host(self):
        for minor, given in (
                (96, {'host': 'host2'}),
                (96, {'hypervisor_hostname': 'host2.example.org'}),
                (1, {'availability_zone': 'nova:host2'}),
                (1, {'availability_zone': 'nova:host2:node'})):
            instance = self.created(minor=minor, **given)
            build, = self.operations(instance)
            self.assertEqual('host2', build.params['host'])

    def test_zone(self):
        self.assertEqual('nova', self.created(
            availability_zone='nova').availability_zone)
        self.assertIsNone(self.created().availability_zone)

    def test_draining_host(self):
        self.drain('host2')
        self.assert_fault(409, 'SIGTERM', self.create(host='host2'))

    def test_ports(self):
        """Each server has ports of its own, from the request on."""
        self.flags(group='network', networks=['lan', 'dmz=br1'])
        self.client = testing.TestClient(self.make_app())
        lan, dmz = built_in.id_of('lan'), built_in.id_of('dmz')
        for wanted, on in (
                ('auto', [lan]), ('none', []),
                ([{'uuid': dmz, 'tag': 'a'}, {'uuid': lan}], [dmz, lan])):
            first = self.created(networks=wanted, max_count=2)
            instances = [
                one for one in objects.InstanceList.get_by_filters(
                    self.ctxt, {})
                if one.reservation_id == first.reservation_id]
            self.assertEqual([on] * 2, [
                [port.network_id for port in one.ports]
                for one in instances])
            ids = {port.id for one in instances for port in one.ports}
            self.assertEqual(2 * len(on), len(ids))

    def test_ports_need_hosts_that_know_them(self):
        self.flags(group='network', networks=['lan'])
        self.client = testing.TestClient(self.make_app())
        self.compute.errors['require_known'] = exception.ComputesTooOld(
            method='external_instance_event', since='6.7', version='6.6')
        self.assert_fault(409, '6.7', self.create(networks='auto'))
        self.created(networks='none')

    def test_port_given_twice(self):
        port = {'port': '00000000-0000-0000-0000-000000000000'}
        self.assert_fault(400, 'once', self.create(networks=[port, port]))
        self.assert_fault(400, '2 servers', self.create(
            networks=[port], max_count=2))

    def test_host_is_down(self):
        self.services['host2'].set_status(forced_down=True)
        self.assert_fault(409, 'host2', self.create(host='host2'))

    def test_refused(self):
        self.small = objects.Flavor(
            self.ctxt, flavorid='small', name='small', memory_mb=1, vcpus=1,
            root_gb=1)
        self.small.create()
        big = objects.Image(
            self.ctxt, id='big', name='big', path='/big', disk_format='raw',
            size=3 * 1024 ** 3, checksum='', min_ram=64)
        big.create()
        for words, given in (
                ('image', {'imageRef': 'none'}),
                ('image', {'imageRef': ''}),
                ('Flavor', {'flavorRef': 'none'}),
                ('memory', {'flavorRef': 'small', 'imageRef': 'big'}),
                ('disk', {'imageRef': 'big'}),
                ('host3', {'host': 'host3'}),
                ('node3', {'hypervisor_hostname': 'node3'}),
                ('host host1', {'host': 'host1', 'hypervisor_hostname':
                                'host2.example.org'}),
                ('zone', {'availability_zone': 'mars'}),
                ('Network', {'networks': [
                    {'uuid': '00000000-0000-0000-0000-000000000000'}]}),
                ('ports', {'networks': [{
                    'port': '00000000-0000-0000-0000-000000000000'}]}),
                ('key', {'key_name': 'mine'}),
                ('user_data', {'user_data': 'YQ=='}),
                ('config drive', {'config_drive': True}),
                ('Security group', {'security_groups': [{'name': 'web'}]}),
                ('Block device', {'block_device_mapping_v2': [
                    {'source_type': 'volume', 'boot_index': 0,
                     'destination_type': 'volume'}]}),
                ('hints', {'hints': {'same_host': 'x'}}),
                ('min_count', {'min_count': 3, 'max_count': 2}),
                ('100', {'max_count': 101}),
                ('name', {'name': ''})):
            self.assert_fault(400, words, self.create(**given))
        self.assertEqual([], self.publisher.published)
        self.assertEqual([], self.get('servers')['servers'])
