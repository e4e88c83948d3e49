"""Where screens are, from libvirt's words to those for a proxy."""

from nova_gs import exception
from nova_gs.virt import driver as contract
from tests.unit.virt.libvirt import test_driver

XML = ('<domain><devices><graphics type="vnc" port="%s">'
       '<listen type="address" address="%s"/></graphics></devices></domain>')


class TestScreen(test_driver.TestCase):

    def show(self, xml):
        self.spawn()
        self.host.domains[test_driver.UUID]['xml'] = xml

    def test_where_it_listens(self):
        self.show(XML % (5903, '192.0.2.9'))
        self.assertEqual(contract.ConsoleAddress('192.0.2.9', 5903),
                         self.virt.vnc_console(self.instance))

    def test_anywhere_is_where_guests_are_migrated_to(self):
        self.virt.conf.set_override(
            'live_migration_inbound_addr', '198.51.100.1', 'libvirt')
        for anywhere in ('0.0.0.0', '::'):
            self.assertEqual('198.51.100.1',
                             self.virt._host.proxy_address(anywhere))

    def test_where_the_operator_says(self):
        self.show(XML % (5903, '0.0.0.0'))
        self.virt.conf.set_override(
            'server_proxyclient_address', 'host1.example.org', 'vnc')
        self.assertEqual(contract.ConsoleAddress('host1.example.org', 5903),
                         self.virt.vnc_console(self.instance))

    def test_without_a_screen(self):
        self.show('<domain><devices/></domain>')
        self.refused(exception.ConsoleTypeUnavailable, '[vnc] enabled',
                     self.virt.vnc_console, self.instance)

    def test_off(self):
        self.show(XML % (-1, '192.0.2.9'))
        self.refused(exception.ConsoleNotReady, 'not running',
                     self.virt.vnc_console, self.instance)

    def test_nowhere(self):
        self.refused(exception.GuestNotFound, test_driver.UUID,
                     self.virt.vnc_console, self.instance)
