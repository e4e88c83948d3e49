"""A serial port in a definition."""

from xml.etree import ElementTree

from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import serial_port
from tests.unit import base

#: As libvirt shows it: a second time, and with what it adds.
LIVE = (
    '<domain><devices>%s</devices></domain>' % ''.join(
        '<{0} type="tcp"><source mode="bind" host="192.0.2.1" '
        'service="10007" tls="no"/><protocol type="raw"/>'
        '<log file="/a/i/u/console.log" append="on"/>'
        '<target port="0"/><alias name="serial0"/></{0}>'.format(name)
        for name in ('serial', 'console')))


class TestSerialPort(base.TestCase):

    def made(self, address):
        devices = ElementTree.Element('devices')
        serial_port.add(devices, '/log', address)
        return devices.find('serial')

    def wrapped(self, serial):
        domain = ElementTree.Element('domain')
        ElementTree.SubElement(domain, 'devices').append(serial)
        return ElementTree.tostring(domain, encoding='unicode')

    def test_log_only(self):
        serial = self.made(None)
        self.assertEqual('file', serial.get('type'))
        self.assertEqual({'path': '/log', 'append': 'on'},
                         serial.find('source').attrib)
        self.assertIsNone(serial.find('log'))
        self.assertIsNone(serial_port.read(self.wrapped(serial)))

    def test_port_and_log(self):
        serial = self.made(('::1', 10001))
        self.assertEqual('tcp', serial.get('type'))
        self.assertEqual('raw', serial.find('protocol').get('type'))
        self.assertEqual({'file': '/log', 'append': 'on'},
                         serial.find('log').attrib)
        self.assertEqual('0', serial.find('target').get('port'))
        self.assertEqual(('::1', 10001),
                         serial_port.read(self.wrapped(serial)))

    def test_elsewhere(self):
        placed = serial_port.place(LIVE, ('192.0.2.2', 10009))
        self.assertEqual(('192.0.2.2', 10009), serial_port.read(placed))
        self.assertEqual(
            LIVE.replace('192.0.2.1', '192.0.2.2').replace('10007', '10009'),
            _in_order(placed))

    def test_nowhere(self):
        placed = serial_port.place(LIVE, None)
        self.assertIsNone(serial_port.read(placed))
        for name in ('serial', 'console'):
            element = ElementTree.fromstring(placed).find('devices/' + name)
            self.assertEqual('file', element.get('type'))
            self.assertEqual(['alias', 'source', 'target'], sorted(
                child.tag for child in element))
            self.assertEqual('/a/i/u/console.log',
                             element.find('source').get('path'))

    def test_what_listens_nowhere_is_left(self):
        xml = self.wrapped(self.made(None))
        self.assertEqual(xml, serial_port.place(xml, ('192.0.2.2', 1)))

    def test_its_log_moves_along(self):
        moved = ElementTree.fromstring(
            domain_xml.move(LIVE, '/a/i', '/b', 'none'))
        for name in ('serial', 'console'):
            self.assertEqual('/b/u/console.log', moved.find(
                'devices/%s/log' % name).get('file'))


def _in_order(xml):
    """Return a definition with the children of its devices as libvirt's."""
    domain = ElementTree.fromstring(xml)
    order = ['source', 'protocol', 'log', 'target', 'alias']
    for device in domain.find('devices'):
        device[:] = sorted(device, key=lambda one: order.index(one.tag))
    return ElementTree.tostring(domain, encoding='unicode').replace(' />',
                                                                    '/>')
