"""The fake driver keeps the contract, on hypervisors of their own."""

import fixtures

from nova_gs.devcloud import console
from nova_gs import objects
from nova_gs.virt.fake import driver
from nova_gs.virt.fake import process
from tests.fixtures import conf as conf_fixture
from tests.functional.virt import contract
from tests.functional.virt import ports_contract
from tests.functional.virt import resize_contract
from tests.unit import base


class TestFakeDriver(contract.DriverContract, resize_contract.ResizeContract,
                     ports_contract.PortsContract, base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.hosts = {}

    def make_pair(self, endless=False):
        return [self._driver(name, endless) for name in ('one', 'two')]

    def _driver(self, name, endless):
        host = process.HypervisorProcess(name, self.directory).start()
        self.addCleanup(host.stop)
        if endless:
            host.control.hold('start_migration')
        conf = self.useFixture(conf_fixture.Conf()).conf
        conf.set_override('host', name)
        conf.set_override('hypervisor_socket', host.socket, group='fake')
        conf.set_override('enabled', True, group='serial_console')
        self.hosts[name] = host
        return self._open(conf)

    def _open(self, conf):
        virt = driver.FakeDriver(conf)
        virt.init_host()
        self.addCleanup(virt.close)
        return virt

    def make_image(self):
        path = self.directory + '/image'
        with open(path, 'wb') as stream:
            stream.write(b'image')
        return objects.Image(path=path)

    def fail_next_spawn(self, virt):
        self.hosts[virt.conf.host].control.fail('spawn')

    def break_migration(self, source, destination):
        host = self.hosts[destination.conf.host]
        host.kill()
        host.start()

    def reopen(self, virt):
        virt.close()
        return self._open(virt.conf)

    def remains(self, virt, instance):
        world = self.hosts[virt.conf.host].world()
        return [table for table in (
            'guests', 'rooms', 'leftovers', 'departures')
            if instance.uuid in world[table]]

    def write_to_disk(self, virt, instance):
        pass

    def read_disk(self, virt, instance):
        world = self.hosts[virt.conf.host].world()
        return world['guests'][instance.uuid]['boots'][0]['nonce']

    def test_the_console_tells_who_ran_on(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        self.migrate(source, destination, instance).wait(contract.PATIENCE)
        life = console.read(destination.console_output(instance))
        self.assertTrue(life.unbroken, life)
        destination.reboot(instance, hard=True)
        life = console.read(destination.console_output(instance))
        self.assertEqual(2, life.boots_seen)
