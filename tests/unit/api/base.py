"""A whole API on a database of its own, with fakes behind it."""

import datetime

from falcon import testing
import fixtures
from oslo_utils import uuidutils

from nova_gs.api import app
from nova_gs.api import microversions
from nova_gs import context
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs import servicegroup
from tests.fixtures import database
from tests.fixtures import rpcapi
from tests.unit import base

MAX = microversions.MAX_MINOR
ADMIN = 'admin:admin'


class ApiTestCase(base.TestCase):
    """Requests go through every layer but the socket.

    There are two compute hosts, ``host1`` and ``host2``, and one image.
    """

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.database = self.useFixture(database.SQLite(self.conf))
        self.ctxt = context.RequestContext(
            user_id='admin', project_id='admin', is_admin=True,
            overwrite=False)
        self.publisher = rpcapi.FakePublisher()
        self.compute = rpcapi.FakeComputeAPI()
        self.client = testing.TestClient(self.make_app())
        self.services = {host: self.add_host(host)
                         for host in ('host1', 'host2')}
        self.image = objects.Image(
            self.ctxt, id=uuidutils.generate_uuid(), name='ticker',
            path='/images/ticker', disk_format='raw', size=1024,
            checksum='00' * 32)
        self.image.create()

    def make_app(self):
        """Return the WSGI application under test."""
        return app.create(self.conf, self.publisher, self.compute,
                          servicegroup.ServiceGroup(self.conf))

    # -- records --------------------------------------------------------------

    def add_host(self, host):
        """Make a compute host that has just reported; return its Service."""
        objects.ComputeNode.report(self.ctxt, host, {
            'hypervisor_hostname': host + '.example.org',
            'hypervisor_type': 'QEMU', 'hypervisor_version': 7002000,
            'host_ip': '192.0.2.1', 'vcpus': 4, 'memory_mb': 4096,
            'local_gb': 50, 'cpu_info': {'arch': 'x86_64'}})
        return objects.Service.register(
            self.ctxt, host, 'nova-compute', 'compute', 1, host + '-owner')

    def drain(self, host, phase=fields.ServicePhase.DRAINING):
        """Make a host say that it takes nothing new."""
        self.services[host].announce(
            phase, 'SIGTERM', datetime.datetime(
                2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc))

    def add_instance(self, **values):
        """Return a new Instance, active on host1 unless told otherwise."""
        flavor = objects.Flavor.get_by_flavor_id(self.ctxt, '1')
        values = {
            'uuid': uuidutils.generate_uuid(), 'display_name': 'vm',
            'hostname': 'vm', 'user_id': 'admin', 'project_id': 'admin',
            'host': 'host1', 'node': 'host1.example.org', 'flavor': flavor,
            'image_ref': self.image.id, 'vm_state': fields.VMState.ACTIVE,
            **values}
        instance = objects.Instance(self.ctxt, **values)
        instance.create()
        return instance

    def reload(self, instance):
        """Return what the record of an instance says now."""
        return objects.Instance.get_by_uuid(self.ctxt, instance.uuid)

    def operations(self, instance):
        """Return the open operations of an instance."""
        return list(objects.OperationList.get_open_by_instance(
            self.ctxt, instance.uuid))

    # -- requests -------------------------------------------------------------

    def request(self, method, path, body=None, minor=MAX, token=ADMIN,
                **kwargs):
        """Send a request and return Falcon's result.

        :param path: below /v2.1 unless it begins with a "/"
        :param minor: minor API version
        """
        if not path.startswith('/'):
            path = '/v2.1/' + path
        headers = {'OpenStack-API-Version': 'compute 2.%d' % minor,
                   'X-Auth-Token': token}
        if body is not None or method in ('POST', 'PUT'):
            kwargs['json'] = body
        return self.client.simulate_request(
            method, path, headers=headers, **kwargs)

    def get(self, path, **kwargs):
        """Return the body of a GET that must succeed."""
        result = self.request('GET', path, **kwargs)
        self.assertIn(result.status_code, (200, 300), result.text)
        return result.json

    def act(self, instance, name, argument=None, **kwargs):
        """Ask for a server action and return Falcon's result."""
        return self.request(
            'POST', 'servers/%s/action' % instance.uuid, {name: argument},
            **kwargs)

    def assert_fault(self, code, words, result):
        """Check that an answer is an error that says something."""
        self.assertEqual(code, result.status_code, result.text)
        fault, = result.json.values()
        self.assertEqual(code, fault['code'])
        self.assertIn(words, fault['message'])
