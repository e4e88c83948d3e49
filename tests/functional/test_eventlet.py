"""The scenarios of a stop, once more with nova-compute under eventlet.

A twin differs from its scenario in nothing but what the computes run in.
"make test" runs a few of them, all on one cloud.
"""

from concurrent import futures

from nova_gs.devcloud import figures
from nova_gs import exception
from nova_gs.rpc import catalogue
from tests.fixtures import requester
from tests.functional import base
from tests.functional import test_both_ends
from tests.functional import test_both_ends_libvirt
from tests.functional import test_broker_trouble
from tests.functional import test_conductor_away
from tests.functional import test_deadline
from tests.functional import test_deadline_libvirt
from tests.functional import test_drain
from tests.functional import test_flood_compute
from tests.functional import test_hung_libvirtd
from tests.functional import test_idle_stop
from tests.functional import test_live_migration_stop
from tests.functional import test_phantoms
from tests.functional import test_quiesce
from tests.functional import test_reboots
from tests.functional import test_resize
from tests.functional import test_stale
from tests.functional import test_start
from tests.functional import test_watched_drain

HOST = 'host-a'

#: Calls at the same time, each of which would take a thread.
CALLERS = 4


class TestOnLibvirt(base.OnEventlet, test_hung_libvirtd.HungLibvirtd,
                    test_live_migration_stop.TestStopWhileMigrating):

    SOME = ('test_it_is_eventlet', 'test_source')
    ROUNDS = 2 if figures.is_full() else 1

    def times(self, some, full):
        return super().times(1, full)

    def test_it_is_eventlet(self):
        """It says so, without complaints, and has no threads for RPC."""
        # Not one that has been up: its threads would be there already.
        self.ensure_up()
        self.cloud.stop(HOST)
        self.ensure_up()
        process = self.cloud.part(HOST).process
        before = test_start.threads(process.pid())
        client = self.useFixture(requester.Requester(self.cloud))
        sender = client.library_client.prepare(
            topic=catalogue.Topic.NEW_WORK.value, server=HOST,
            version=catalogue.COMPUTE_VERSION)

        def ask(_number):
            self.assertRaises(
                exception.MigrationNotFound, sender.call, client.context,
                'live_migration_abort', migration_uuid='none')

        with futures.ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(ask, range(10 * CALLERS)))
        self.assertEqual(before, test_start.threads(process.pid()))
        with open(process.log) as stream:
            log = stream.read()
        self.assertIn('nova-compute serves host %s, in eventlet.' % HOST, log)
        self.assertNotIn('deprecat', log.lower())
        self.assertNotIn('greened', log)


class TestResize(base.OnEventlet, test_resize.TestResize):
    """Cold migrations and resizes."""


class TestStart(base.OnEventlet, test_start.TestStart):
    """What it needs, beside what threads need."""


class TestStartOnLibvirt(base.OnEventlet, test_start.TestStartOnLibvirt):
    """The same, with threads for libvirt besides."""


class TestIdleStop(base.OnEventlet, test_idle_stop.TestIdleStop):
    """Nothing keeps it."""


class TestWhoListens(base.OnEventlet, test_drain.TestWhoListens):
    """What others see of it."""


class TestRefusals(base.OnEventlet, test_drain.TestRefusals):
    """What it refuses."""


class TestAtThatMoment(base.OnEventlet, test_drain.TestAtThatMoment):
    """Whoever comes just then."""


class TestDeadline(base.OnEventlet, test_deadline.TestDeadline):
    """Migrations and a reboot that do not end."""


class TestTakenUp(base.OnEventlet, test_deadline.TestTakenUp):
    """What was left, at the next start."""


class TestDeadlineOnLibvirt(base.OnEventlet,
                            test_deadline_libvirt.TestDeadline):
    """Migrations by QEMU that do not end."""


class TestBothEnds(base.OnEventlet, test_both_ends.TestBothEnds):
    """Source and destination are stopped together."""


class TestBothEndsOnLibvirt(base.OnEventlet,
                            test_both_ends_libvirt.TestBothEndsOnLibvirt):
    """The same with QEMU."""


class TestPhantoms(base.OnEventlet, test_phantoms.TestPhantoms):
    """Nothing is waited for that has ended."""


class TestStopInAFlood(base.OnEventlet, test_flood_compute.TestStopInAFlood):
    """Thousands of messages."""


class TestBrokerTrouble(base.OnEventlet,
                        test_broker_trouble.TestBrokerTrouble):
    """The broker freezes, restarts, or cuts connections."""


class TestConductorAway(base.OnEventlet,
                        test_conductor_away.TestConductorAway):
    """Nobody takes what is to be recorded."""


class TestReboots(base.OnEventlet, test_reboots.TestReboots):
    """Hundreds of reboots."""


class TestWatchedDrain(base.OnEventlet, test_watched_drain.TestWatchedDrain):
    """Figures are asked for and notifications sent beside a drain."""


class TestQuiesce(base.OnEventlet, test_quiesce.TestQuiesce):
    """A host lets go, and is taken back."""


class TestManyOperations(base.OnEventlet, test_quiesce.TestManyOperations):
    """The same among hundreds of reboots."""


class TestStale(base.OnEventlet, test_stale.TestStale):
    """Calls whose callers left while a host was away or stood still."""
