"""Which ports are whose, from a guest's first start to its last move."""

import socket
from xml.etree import ElementTree

from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.libvirt import serial
from nova_gs.virt.libvirt import serial_port
from nova_gs.virt import live_migration
from tests.unit.virt.libvirt import test_driver

OTHER = 'b8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
UUID = test_driver.UUID
SIDE = live_migration.Side


class TestCase(test_driver.TestCase):

    #: Whose ports nobody listens on.
    ADDRESS = '127.85.0.1'

    def make(self, name, path=None, **options):
        virt, host = super().make(name, path, **options)
        self.set(virt, enabled=True, proxyclient_address=self.ADDRESS)
        return virt, host

    def set(self, virt, **options):
        for name, value in options.items():
            virt.conf.set_override(name, value, group='serial_console')
        virt._serials = serial.Ports(virt.conf)
        virt._resizes._serials = virt._serials

    def xml(self, host=None, uuid=UUID):
        return (host or self.host).domains[uuid]['xml']

    def other(self):
        return objects.Instance(
            uuid=OTHER, display_name='two', user_id='u', project_id='p',
            memory_mb=64, vcpus=1, root_gb=0)

    def listen(self, port):
        taken = socket.create_server((self.ADDRESS, port))
        self.addCleanup(taken.close)


class TestPorts(TestCase):

    def test_where_it_listens(self):
        self.spawn()
        place = self.virt.serial_console(self.instance)
        self.assertEqual(self.ADDRESS, place.host)
        self.assertIn(place.port, range(10000, 20000))
        self.assertIn('file="%s"' % self.virt._disks.console(UUID),
                      self.xml())

    def test_only_where_it_is_enabled(self):
        self.set(self.virt, enabled=False)
        self.spawn()
        self.refused(exception.ConsoleTypeUnavailable,
                     '[serial_console] enabled', self.virt.serial_console,
                     self.instance)

    def test_off_and_nowhere(self):
        self.refused(exception.GuestNotFound, UUID,
                     self.virt.serial_console, self.instance)
        self.spawn()
        self.virt.power_off(self.instance)
        self.refused(exception.ConsoleNotReady, 'not running',
                     self.virt.serial_console, self.instance)

    def test_each_has_its_own(self):
        self.set(self.virt, port_range='10000:10002')
        self.spawn()
        # One that is off keeps its port.
        self.virt.power_off(self.instance)
        self.virt.spawn(self.other(), self.image())
        self.assertEqual({10000, 10001}, {
            serial_port.read(self.xml(uuid=uuid))[1]
            for uuid in (UUID, OTHER)})

    def test_none_is_left(self):
        self.set(self.virt, port_range='10000:10001')
        self.spawn()
        self.refused(exception.HypervisorError, 'port_range (10000:10001)',
                     self.virt.spawn, self.other(), self.image())
        self.assertNotIn(OTHER, self.host.domains)

    def test_those_of_others_are_passed_by(self):
        self.set(self.virt, port_range='10000:10002')
        self.listen(10001)
        self.spawn()
        self.assertEqual(
            10000, self.virt.serial_console(self.instance).port)

    def test_taken_while_it_was_off(self):
        self.set(self.virt, port_range='10000:10002')
        self.spawn()
        port = self.virt.serial_console(self.instance).port
        self.virt.power_on(self.instance)
        self.virt.power_off(self.instance)
        self.listen(port)
        self.virt.power_on(self.instance)
        self.assertEqual(
            10001 if port == 10000 else 10000,
            self.virt.serial_console(self.instance).port)

    def test_a_new_address_holds_from_the_next_start(self):
        self.spawn()
        self.set(self.virt, proxyclient_address='127.85.0.2')
        self.assertEqual(
            self.ADDRESS, self.virt.serial_console(self.instance).host)
        self.virt.reboot(self.instance, hard=True)
        self.assertEqual(
            '127.85.0.2', self.virt.serial_console(self.instance).host)

    def test_address_of_somebody_else(self):
        self.set(self.virt, proxyclient_address='192.0.2.1')
        self.refused(exception.HypervisorError, 'proxyclient_address',
                     self.spawn)

    def test_nonsense(self):
        for option, value in (
                ('port_range', '20000:10000'), ('port_range', '0:10'),
                ('port_range', '10:10'), ('port_range', '65000:65537'),
                ('proxyclient_address', '0.0.0.0'),
                ('proxyclient_address', '::')):
            self.virt.conf.clear_override(option, 'serial_console')
            self.virt.conf.set_override(option, value, 'serial_console')
            error = self.assertRaises(
                exception.ConfigurationError, serial.Ports, self.virt.conf)
            self.assertIn(option, str(error))
            self.virt.conf.clear_override(option, 'serial_console')

    def test_resized(self):
        self.set(self.virt, enabled=False)
        self.spawn()
        self.set(self.virt, enabled=True)
        data = self.virt.leave_for_resize(
            self.instance, self.virt.describe_for_resize(self.instance))
        self.assertEqual({}, self.host.domains)
        self.virt.return_from_resize(self.instance, data, True)
        self.virt.serial_console(self.instance)


class TestMove(TestCase):

    def setUp(self):
        super().setUp()
        self.spawn()
        self.destination, self.peer = self.make('b')
        self.set(self.destination, enabled=False,
                 proxyclient_address='127.85.0.3',
                 port_range='10000:10001')

    def agree(self):
        data = self.destination.check_migration(
            self.instance, self.virt.describe_for_migration(self.instance))
        return self.destination.accept_migration(self.instance, data)

    def places(self, data):
        """Return where the guest listens there, now and after a start."""
        handle = self.virt.start_migration(self.instance, data)
        self.assertTrue(handle.wait(20).arrived)
        params = self.peer.domains[UUID]['migrated'][1]
        return [serial_port.read(params[name]) for name in (
            'destination_xml', 'persistent_xml')]

    def test_there_it_listens_as_it_was_promised(self):
        self.assertEqual([('127.85.0.3', 10000)] * 2,
                         self.places(self.agree()))

    def test_destination_is_too_old(self):
        data = self.agree()
        for name in ('serial_host', 'serial_port'):
            del data.details[name]
        self.assertEqual([None, None], self.places(data))

    def test_promise_lasts_until_the_end(self):
        for _twice in range(2):
            self.agree()
        self.set_enabled()
        self.refused(exception.HypervisorError, 'port_range',
                     self.destination.spawn, self.other(), self.image())
        self.destination.finish_migration(
            self.instance, SIDE.DESTINATION, False)
        self.destination.spawn(self.other(), self.image())

    def set_enabled(self):
        self.destination.conf.set_override(
            'enabled', True, group='serial_console')

    def test_no_room_there(self):
        self.set_enabled()
        self.destination.spawn(self.other(), self.image())
        self.refused(exception.HypervisorError, 'port_range', self.agree)

    def test_without_one_nothing_is_promised(self):
        self.host.domains[UUID]['xml'] = serial_port.place(self.xml(), None)
        data = self.agree()
        self.assertNotIn('serial_port', data.details)
        handle = self.virt.start_migration(self.instance, data)
        self.assertTrue(handle.wait(20).arrived)
        self.assertEqual({}, self.peer.domains[UUID]['migrated'][1])

    def test_with_copied_disks(self):
        self.destination, self.peer = self.make(
            'c', self.conf.state_path + '/c')
        data = self.agree()
        self.places(data)
        xml = self.peer.domains[UUID]['migrated'][1]['destination_xml']
        self.assertEqual(
            self.destination._disks.console(UUID),
            ElementTree.fromstring(xml).find('devices/serial/log').get(
                'file'))
