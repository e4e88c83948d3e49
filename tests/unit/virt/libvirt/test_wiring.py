"""What is plugged in before a guest comes, and what must not stay."""

import types

from nova_gs import objects
from nova_gs.virt.libvirt import taps
from nova_gs.virt.libvirt import wiring
from tests.unit import base

UUID = 'guest'
NEEDS = ('<domain><devices><interface type="ethernet">'
         '<target dev="tapp1" managed="no"/></interface></devices></domain>')


class FakeTaps:
    """Keeps {name: (bridge, guest)}; ``may`` says whether it can."""

    def __init__(self):
        self.made = {}
        self.may = True

    def make(self, name, bridge, mac, uuid):
        if not self.may:
            raise taps.MayNot('Operation not permitted')
        self.made[name] = bridge, uuid

    def remove(self, uuid):
        self.made = {name: one for name, one in self.made.items()
                     if one[1] != uuid}


class WiringTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.taps = FakeTaps()
        self.wiring = wiring.Wiring(self.taps)
        self.ports = [
            self.port('p1', 'bridge'), self.port('p2', 'user'),
            self.port('p3', 'ovs')]

    @staticmethod
    def port(port_id, vif_type):
        return objects.Port(
            id=port_id, network_id='n', mac_address='fa:16:3e:00:00:01',
            vif_type=vif_type, details={'bridge_name': 'br0'})

    def domain(self, active=False, saved=None):
        return types.SimpleNamespace(
            isActive=lambda: active, UUIDString=lambda: UUID,
            hasManagedSaveImage=lambda: bool(saved),
            managedSaveGetXMLDesc=lambda: saved)

    def plug(self):
        return self.wiring.plug(UUID, self.ports)

    def test_plug(self):
        """A tap; nothing to do; what only libvirt plugs in."""
        self.assertEqual(['p1', 'p2'], self.plug())
        self.assertEqual({'tapp1': ('br0', UUID)}, self.taps.made)

    def test_plug_without_the_right_to(self):
        self.taps.may = False
        self.assertEqual(['p2'], self.plug())

    def test_unplug(self):
        self.plug()
        self.wiring.unplug('other')
        self.assertEqual(1, len(self.taps.made))
        self.wiring.unplug(UUID)
        self.assertEqual({}, self.taps.made)

    def test_before_start(self):
        self.plug()
        self.wiring.before_start(self.domain(active=True))
        self.assertEqual(1, len(self.taps.made))
        self.wiring.before_start(self.domain())
        self.assertEqual({}, self.taps.made)

    def test_before_resume(self):
        for domain, made in (
                (self.domain(), 0), (self.domain(active=True, saved=NEEDS), 0),
                (self.domain(saved='<domain/>'), 0),
                (self.domain(saved=NEEDS), 1)):
            self.wiring.before_resume(domain, self.ports)
            self.assertEqual(made, len(self.taps.made))
