"""A real guest that finds its tap, in a bridge, when it comes."""

import os
import subprocess
import unittest
from xml.etree import ElementTree

import libvirt

from nova_gs.virt.libvirt import interfaces
from nova_gs.virt.libvirt import taps
from tests.functional import base
from tests.functional import test_plugging_ahead as ahead

HOST, OTHER = ahead.HOST, ahead.OTHER

_NEEDS = ('makes taps and a bridge, which takes root and /dev/net/tun')


class TestPluggingAheadLibvirt(base.Spared, ahead.AheadTestCase):
    """The port is QEMU's own network at HOST, and in a bridge at OTHER.

    Both hosts are one machine, so two taps of the same name cannot be.
    """

    OPTIONS = dict(ahead.AheadTestCase.OPTIONS, driver='libvirt')

    def setUp(self):
        if os.geteuid() or not os.access('/dev/net/tun', os.W_OK):
            raise unittest.SkipTest(_NEEDS)
        super().setUp()
        self.bridge = 'ngs-%d' % os.getpid()
        self.ip('link', 'add', self.bridge, 'type', 'bridge')
        self.addCleanup(self.ip, 'link', 'del', self.bridge)
        self.ip('link', 'set', self.bridge, 'up')

    @staticmethod
    def ip(*arguments):
        subprocess.run(['ip', *arguments], check=True)

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

    def tap(self, uuid):
        port, = self.api.interfaces(uuid)
        return interfaces.device_name(port['port_id'])

    def members(self):
        """Return the names of the devices in the bridge."""
        return os.listdir('/sys/class/net/%s/brif' % self.bridge)

    def test_tap_is_there_before_the_guest(self):
        """Called off, it goes; SIGTERM, the event: the guest finds it."""
        uuid = self.boot_plugged()
        self.set_network(bridges={OTHER: self.bridge})
        tap, event = self.tap(uuid), self.event(uuid)
        self.move(uuid)
        self.assertEqual(([tap], [tap]), (self.members(), taps.of(uuid)))
        self.api.tell(self.event(uuid, status='failed'))
        self.check_stayed(uuid)
        self.assertEqual(([], []), (self.members(), taps.of(uuid)))
        self.move(uuid)
        self.terminate(OTHER)
        self.await_drain(OTHER)
        self.assertIsNone(self.look(uuid, OTHER))
        self.api.tell(event)
        self.assertEqual(0, self.await_exit(OTHER, base.PATIENCE)[0])
        self.ensure_up()
        self.check_moved(uuid)
        self._check_plugged(uuid, tap)
        self.api.live_migrate(uuid, HOST)
        self.await_that('it waits for its port there', lambda: self.bindings(
            uuid).get(HOST), base.PATIENCE)
        self.api.tell(event)
        self.api.await_server(uuid, base.PATIENCE, status='ACTIVE',
                              host=HOST, task_state=None)
        self.await_that('all is settled', lambda: not self.records.open())
        self.assertEqual('user', self.look(uuid, HOST).get('type'))
        self.assertEqual(([], []), (self.members(), taps.of(uuid)))

    def _check_plugged(self, uuid, tap):
        """It runs on the tap; its next start gets one of libvirt's."""
        self.assertEqual([tap], self.members())
        interface = self.look(uuid, OTHER)
        self.assertEqual('ethernet', interface.get('type'))
        self.assertEqual(tap, interface.find('target').get('dev'))
        with open('/sys/class/net/%s/carrier' % tap,
                  encoding='ascii') as carrier:
            self.assertEqual('1', carrier.read().strip())
        later = self.look(uuid, OTHER, libvirt.VIR_DOMAIN_XML_INACTIVE)
        self.assertEqual(
            ('bridge', self.bridge),
            (later.get('type'), later.find('source').get('bridge')))
