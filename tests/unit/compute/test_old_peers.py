"""Which operations keep "compute" attached while their host is stopped."""

import fixtures

from nova_gs.compute import old_peers
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import client as rpc_client
from tests.fixtures import compute
from tests.unit import base

US, OLD, NEW = 'us', 'old', 'new'

#: step, host, peer host, whether it is claimed; whether it needs "compute"
CASES = (
    # It leaves us for an old host.
    ('live_migration', US, OLD, False, True),
    ('live_migration', US, OLD, True, True),
    ('post_live_migration_at_destination', OLD, US, False, True),
    ('post_live_migration_at_destination', OLD, US, True, True),
    # It comes to us from one.
    ('live_migration', OLD, US, False, True),
    ('live_migration', OLD, US, True, True),
    ('post_live_migration_at_destination', US, OLD, False, True),
    ('post_live_migration_at_destination', US, OLD, True, True),
    # The last step names nobody else; until it is here it may be on its way.
    ('post_live_migration_at_source', US, None, False, True),
    ('post_live_migration_at_source', US, None, True, False),
    ('rollback_live_migration_at_destination', US, None, False, True),
    ('rollback_live_migration_at_destination', US, None, True, False),
    # Between new hosts.
    ('live_migration', US, NEW, True, False),
    ('live_migration', NEW, US, True, False),
    ('post_live_migration_at_destination', US, NEW, False, False),
    # Where a guest of ours goes is not settled before the checks are over;
    # where one comes from always is.
    ('live_migrate_server', US, NEW, True, True),
    ('live_migrate_server', US, OLD, True, True),
    ('live_migrate_server', NEW, US, True, False),
    ('live_migrate_server', OLD, US, True, True),
    # Nobody sends more of what is done on one host.
    ('reboot_instance', US, None, False, False),
    ('reboot_instance', US, None, True, False),
    ('build_instance', US, None, True, False),
)


def operation(step, host, peer_host, claimed, uuid='u'):
    return objects.Operation(
        uuid=uuid, step=step, host=host, peer_host=peer_host,
        owner='somebody' if claimed else None)


class TestOldPeers(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()

    def test_table(self):
        for *facts, needs in CASES:
            self.assertEqual(
                frozenset('u' if needs else ''),
                old_peers.needing([operation(*facts)], US, {OLD}), facts)

    def test_each_operation_for_itself(self):
        open_here = [
            operation('live_migration', US, OLD, True, 'leaves'),
            operation('live_migration', US, NEW, True, 'other'),
            operation('live_migration', OLD, US, True, 'comes'),
            operation('reboot_instance', US, None, True, 'reboot')]
        self.assertEqual({'leaves', 'comes'},
                         old_peers.needing(open_here, US, {OLD}))

    def test_pinned_fleet(self):
        """Of all that is shared with another host, steps may come."""
        for *facts, needs in CASES:
            one = operation(*facts)
            others = old_peers.other_hosts([one], US)
            self.assertEqual(
                needs or bool(others),
                bool(old_peers.needing([one], US, others)), facts)

    def test_nothing_open(self):
        self.assertEqual(frozenset(), old_peers.needing([], US, {OLD}))

    def test_other_hosts(self):
        self.assertEqual({OLD, NEW}, old_peers.other_hosts([
            operation('live_migration', US, OLD, True),
            operation('live_migration', NEW, US, True),
            operation('reboot_instance', US, None, True)], US))
        self.assertEqual(set(), old_peers.other_hosts([], US))


class FakePeers:
    """Hosts of which some are old."""

    def __init__(self):
        self.old = {OLD}
        self.fleet = True
        self.asked = 0

    def without_alt(self, hosts):
        self.asked += 1
        return self.old & set(hosts)

    def fleet_has_alt(self):
        return self.fleet


class TestOldPeersOfAHost(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.open, self.bounds = [], []
        self.error = None
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.OperationList.open_on_host',
            classmethod(self.open_on_host)))
        self.peers = FakePeers()
        self.found = old_peers.OldPeers(self.conf, None, US, self.peers)

    def open_on_host(self, cls, ctxt, host):
        self.assertEqual(US, host)
        self.bounds.append(rpc_client.bounded(60))
        if self.error:
            raise self.error
        return self.open

    def pin(self, version):
        self.flags(compute=version, group='upgrade_levels')

    def test_none(self):
        for pin, fleet, none in (
                ('auto', True, True), ('6.5', True, True),
                ('auto', False, False), ('6.5', False, False),
                ('6.4', True, False), ('6.4', False, False)):
            self.pin(pin)
            self.peers.fleet = fleet
            self.assertIs(none, self.found.are_none(), (pin, fleet))
        self.assertEqual(([], 0), (self.bounds, self.peers.asked))

    def test_by_record(self):
        self.open = [operation('live_migration', US, OLD, True, 'u'),
                     operation('live_migration', US, NEW, True, 'v')]
        self.assertEqual({'u'}, self.found.find(0.5))
        self.assertEqual([0.5], self.bounds)

    def test_by_pin(self):
        """It is taken to be everybody's, whatever the records say."""
        self.pin('6.4')
        self.open = [operation('live_migration', US, NEW, True, 'v'),
                     operation('reboot_instance', US, None, True, 'r')]
        self.assertEqual({'v'}, self.found.find(0.5))
        self.assertEqual(0, self.peers.asked)

    def test_conductor_is_away(self):
        self.error = compute.unreachable()
        self.assertRaises(exception.PeerUnavailable, self.found.find, 0.5)
