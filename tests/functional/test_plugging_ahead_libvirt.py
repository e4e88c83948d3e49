"""A real guest that finds its tap, in a bridge, when it comes."""

import os
import subprocess
import unittest
from xml.etree import ElementTree

import libvirt

from nova_gs.devcloud import neutron_server
from nova_gs.virt.libvirt import interfaces
from nova_gs.virt.libvirt import taps
from tests.fixtures import wired_compute
from tests.functional import base
from tests.functional import test_plugging_ahead as ahead

HOST, OTHER = ahead.HOST, ahead.OTHER

_NEEDS = ('makes taps and a bridge, which takes root and /dev/net/tun')


class TestPluggingAheadLibvirt(base.Spared, ahead.AheadTestCase):
    """Its port is in a bridge.

    Both hosts are one machine, and two taps of one name cannot be: see
    ``wired_compute``, which is at HOST.
    """

    OPTIONS = dict(ahead.AheadTestCase.OPTIONS, driver='libvirt', programs={
        HOST: os.path.abspath(wired_compute.__file__)})

    def setUp(self):
        if os.geteuid() or not os.access('/dev/net/tun', os.W_OK):
            raise unittest.SkipTest(_NEEDS)
        super().setUp()
        self.bridge = 'ngs-%d' % os.getpid()
        self.ip('link', 'add', self.bridge, 'type', 'bridge')
        self.addCleanup(self.ip, 'link', 'del', self.bridge)
        self.ip('link', 'set', self.bridge, 'up')
        self.set_network(bridges=dict.fromkeys((HOST, OTHER), self.bridge))

    @staticmethod
    def ip(*arguments):
        subprocess.run(['ip', *arguments], check=True)

    def begin(self, host=HOST, waits=True):
        """Return the UUID of a new server that waits for its port."""
        port = self.ask('/v2.0/ports', {'port': {
            'network_id': neutron_server.NETWORK['id']}}, 'POST')['port']
        self.tap = interfaces.device_name(port['id'])
        self.first_tap = wired_compute.tap_of(port['id'])
        taps.make(self.first_tap, self.bridge, port['mac_address'], 'test')
        self.addCleanup(self.ip, 'link', 'del', self.first_tap)
        uuid = self.api.create_server(
            'guest', host=host, networks=[{'port': port['id']}])
        self.await_wait(uuid)
        return uuid

    def check_runs(self, uuid):
        return self.api.await_server(
            uuid, base.PATIENCE, status='ACTIVE', task_state=None)

    def check_world(self, uuid, host):
        for name in (HOST, OTHER):
            self.assertEqual(name == host, self.look(uuid, name) is not None)

    def look(self, uuid, host, flags=0):
        """Return the definition of a guest's interface; None without it."""
        connection = libvirt.open(self.cloud.part('libvirtd@' + host).uri)
        try:
            domain = connection.lookupByUUIDString(uuid)
            return ElementTree.fromstring(
                domain.XMLDesc(flags)).find('devices/interface')
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                raise
            return None
        finally:
            connection.close()

    def members(self):
        """Return the names of the devices in the bridge."""
        return sorted(os.listdir(
            '/sys/class/net/%s/brif' % self.bridge), reverse=True)

    def test_tap_is_there_before_the_guest(self):
        """Called off, it goes; SIGTERM, the event: the guest finds it."""
        uuid = self.boot_plugged()
        event, alone = self.event(uuid), [self.first_tap]
        self.move(uuid)
        self.assertEqual(([self.tap, self.first_tap], [self.tap]), (
            self.members(), taps.of(uuid)))
        self.api.tell(self.event(uuid, status='failed'))
        self.check_stayed(uuid)
        self.assertEqual((alone, []), (self.members(), taps.of(uuid)))
        self.move(uuid)
        self.terminate(OTHER)
        self.await_drain(OTHER)
        self.assertIsNone(self.look(uuid, OTHER))
        self.api.tell(event)
        self.assertEqual(0, self.await_exit(OTHER, base.PATIENCE)[0])
        self.ensure_up()
        self.check_moved(uuid)
        self._check_plugged(uuid)
        self._delete_all()
        self.assertEqual((alone, []), (self.members(), taps.of(uuid)))

    def _check_plugged(self, uuid):
        """It runs on the tap; its next start gets one of libvirt's."""
        interface = self.look(uuid, OTHER)
        self.assertEqual('ethernet', interface.get('type'))
        self.assertEqual(self.tap, interface.find('target').get('dev'))
        with open('/sys/class/net/%s/carrier' % self.tap,
                  encoding='ascii') as carrier:
            self.assertEqual('1', carrier.read().strip())
        later = self.look(uuid, OTHER, libvirt.VIR_DOMAIN_XML_INACTIVE)
        self.assertEqual(
            ('bridge', self.bridge),
            (later.get('type'), later.find('source').get('bridge')))
