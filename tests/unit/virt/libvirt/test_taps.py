"""Taps, as far as they need no rights; see the functional test of the rest."""

import os

import fixtures

from nova_gs import exception
from nova_gs.virt.libvirt import taps
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'


class TapsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.devices = self.useFixture(fixtures.TempDir()).path
        self.use(taps, '_DEVICES', self.devices)
        self.use(taps, '_TUN', os.path.join(self.devices, 'no tun'))

    def use(self, module, name, value):
        self.useFixture(fixtures.MonkeyPatch(
            '%s.%s' % (module.__name__, name), value))

    def device(self, name, alias=''):
        os.makedirs(os.path.join(self.devices, name, 'bridge'))
        with open(os.path.join(self.devices, name, 'ifalias'), 'w',
                  encoding='ascii') as out:
            out.write(alias + '\n')

    def make(self):
        taps.make('tap1', 'br0', 'fa:16:3e:00:00:01', UUID)

    def test_bridge_that_is_not_there(self):
        error = self.assertRaises(exception.HypervisorError, self.make)
        self.assertIn('br0', str(error))

    def test_machine_without_taps(self):
        self.device('br0')
        self.assertRaises(taps.MayNot, self.make)

    def test_whose_they_are(self):
        self.device('tap2', 'nova-gs ' + UUID)
        self.device('tap1', 'nova-gs ' + UUID)
        self.device('tap3', 'nova-gs other')
        self.device('tap4')
        os.makedirs(os.path.join(self.devices, 'gone'))
        self.assertEqual(['tap1', 'tap2'], taps.of(UUID))

    def test_nothing_to_remove(self):
        self.device('tap3', 'nova-gs other')
        taps.remove(UUID)

    def test_what_cannot_be_removed_is_named(self):
        self.device('tap1', 'nova-gs ' + UUID)
        error = self.assertRaises(exception.HypervisorError, taps.remove, UUID)
        self.assertIn('ip link del tap1', str(error))

    def test_other_failures(self):
        self.device('br0')
        # Opening a directory is neither a right nor a device that lacks.
        self.use(taps, '_TUN', self.devices)
        self.assertRaises(exception.HypervisorError, self.make)
