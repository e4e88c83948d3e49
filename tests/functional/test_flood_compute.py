"""Thousands of operations and calls at a host that is stopped and started.

This process sits in the place of an API: it records operations, publishes
their steps and calls the host, through the doors that an API uses.
"""

import collections
import dataclasses
import queue
import threading
import uuid

from nova_gs.devcloud import figures
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.fixtures import requester
from tests.functional import base

HOST = 'host-a'
QUEUE = 'compute.' + HOST

#: Threads that call the host in each burst.
CALLERS = 8

#: Seconds within which every call is answered or refused.
CALL_WITHIN = 2

#: Seconds between two calls of a thread that keeps asking.
ASK_EVERY = 0.05

#: An answer of the other server takes at most this part of the time that the
#: host needs to work off what has waited, for it waits behind none of it;
#: bench/ has what it takes on a machine at rest.
ALT_PART = 0.25

#: How the queues begin in which answers wait.  One that comes too late for
#: its asker goes with the queue, some time after the asker.
_ANSWERS = 'reply_'

#: Seconds that every part of it may take on a busy machine.
PATIENCE = 300

ANSWERED, REFUSED, FAILED = 'answered', 'refused', 'failed'

#: How a call ends that the host does not take.
_REFUSALS = (exception.HostDraining, exception.HostUnavailable)


@dataclasses.dataclass(frozen=True)
class Call:
    """How one call went; ``when`` names its burst."""

    when: str
    name: str
    outcome: str
    seconds: float
    said: str


class Callers:
    """Threads that call a host.

    :param requester: requester.Requester
    :param instance: a guest of the host, to ask about
    """

    def __init__(self, requester, instance):
        self.calls = []
        self._clock = requester.clock
        self._changed = threading.Condition()
        self._threads = []
        api, context = requester.compute, requester.context
        data = objects.MigrateData(
            source_host='host-b', dest_host=HOST, hypervisor_type='fake')
        self._kinds = (
            ('console', lambda: api.get_console_output(
                context, HOST, instance, 5)),
            ('source', lambda: api.check_can_live_migrate_source(
                context, HOST, instance)),
            # It has this guest already, and says so.
            ('destination', lambda: api.check_can_live_migrate_destination(
                context, HOST, instance, data)),
        )

    def burst(self, when, count):
        """Make so many calls, as fast as the threads of a burst can."""
        wanted = queue.SimpleQueue()
        for number in range(count):
            wanted.put(self._kinds[number % len(self._kinds)])
        for _ in range(CALLERS):
            self._begin(self._work_off, when, wanted)

    def keep_asking(self, when, enough):
        """Call again and again, a thread for each kind of call.

        :param enough: Event that ends it
        """
        for kind in self._kinds:
            self._begin(self._repeat, when, kind, enough)

    def wait_for(self, outcome):
        """Wait until a call has had this outcome; whether one has."""
        with self._changed:
            return self._changed.wait_for(lambda: any(
                call.outcome == outcome for call in self.calls), PATIENCE)

    def join(self):
        """Wait until all calls have come back; returns them."""
        for thread in self._threads:
            thread.join(PATIENCE)
        return self.calls

    def _begin(self, *what):
        thread = threading.Thread(target=what[0], args=what[1:], daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work_off(self, when, wanted):
        while True:
            try:
                kind = wanted.get_nowait()
            except queue.Empty:
                return
            self._call(when, *kind)

    def _repeat(self, when, kind, enough):
        while not enough.wait(ASK_EVERY):
            self._call(when, *kind)

    def _call(self, when, name, function):
        began = self._clock.now()
        outcome, said = _outcome(function)
        call = Call(when, name, outcome, self._clock.now() - began, said)
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()


def _outcome(function):
    try:
        function()
    except _REFUSALS as error:
        return REFUSED, exception.reason_of(error)
    except exception.MigrationPreCheckError as error:
        return ANSWERED, exception.reason_of(error)
    except Exception as error:
        return FAILED, exception.reason_of(error)
    return ANSWERED, ''


class FloodTestCase(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1}

    def setUp(self):
        super().setUp()
        self.requester = self.useFixture(requester.Requester(self.cloud))
        self.ensure_up(HOST)
        self.guest = self.boot(HOST)
        self.callers = Callers(
            self.requester, objects.Instance.get_by_uuid(
                self.requester.context, self.guest))

    def assert_in_time(self, calls):
        """Each was answered or refused, and nobody waited for a timeout."""
        self.assertEqual(
            [], [call for call in calls if call.outcome == FAILED
                 or call.seconds > base.within(CALL_WITHIN)])

    def count(self, when):
        """Return the number of calls of a burst by their outcome."""
        return collections.Counter(
            call.outcome for call in self.callers.calls if call.when == when)


class TestStopInAFlood(FloodTestCase):

    def setUp(self):
        super().setUp()
        # Nobody but this test is to send what it records.
        self.requester.conf.set_override(
            'sweep_interval', PATIENCE, group='operations')
        self.operations = self._accept(self.times(200, 4000))
        self.quarter = self.times(20, 250)
        self.sent = []
        self.alt = []

    def _accept(self, count):
        """Record so many builds that are offered to the host."""
        image = self.api.image_id('ticker')
        return [self._accept_build(image) for _ in range(count)]

    def _accept_build(self, image):
        context = self.requester.context
        spawning = fields.TaskState.SPAWNING
        instance = objects.Instance(
            context, uuid=str(uuid.uuid4()), display_name='flood', host=HOST,
            node=HOST, vm_state=fields.VMState.BUILDING, task_state=spawning,
            memory_mb=1, vcpus=1, root_gb=0, image_ref=image)
        return objects.Operation.accept(
            context, instance, fields.OperationKind.BUILD, 'build_instance',
            spawning, task_states=(spawning,), host=HOST,
            params={'image_id': image})

    def _publish(self):
        for operation in self.operations:
            self.sent.append(self.requester.publisher.publish(
                self.requester.context, operation))

    def _ping_alt(self, enough):
        """Ask the other server again and again for what it has not."""
        requester = self.requester
        prepared, topic = requester.compute.prepare_for_alt_rpcserver(
            requester.library_client, HOST, '6.0', timeout=PATIENCE)
        self.assertEqual('compute-alt', topic.value)
        while not enough.wait(ASK_EVERY):
            began = self.clock.now()
            self.assertRaises(
                exception.NotFound, prepared.call, requester.context,
                'live_migration_abort', migration_uuid=str(uuid.uuid4()))
            self.alt.append(self.clock.now() - began)

    def _begin(self, function, *arguments):
        thread = threading.Thread(
            target=function, args=arguments, daemon=True)
        thread.start()
        return thread

    def test_stop_in_the_middle(self):
        """No operation is lost or done twice, and nobody waits in vain."""
        hypervisor, began = self.hypervisor(HOST), self.clock.now()
        begun = self._stop_in_the_middle(hypervisor)
        self._start_again()
        enough = threading.Event()
        pinging = self._begin(self._ping_alt, enough)
        self.callers.burst('started', self.quarter)
        asked = self.clock.now()
        self.await_that('all operations have ended', self._are_over, PATIENCE,
                        every=0.1)
        worked_off = self.clock.now() - asked
        enough.set()
        pinging.join(PATIENCE)
        self.callers.join()
        self._record(begun, worked_off, self.clock.now() - began)
        self._check_calls()
        self._check_operations(hypervisor)
        self.await_that('no message is left', lambda: not self._left())
        self.assertLess(
            figures.percentile(self.alt, 99), ALT_PART * worked_off)

    def _stop_in_the_middle(self, hypervisor):
        """Return how many operations were begun before the stop."""
        before = len(hypervisor.journal('spawn', 'begun'))
        publishing = self._begin(self._publish)
        self.callers.burst('serving', self.quarter)
        hypervisor.wait_for(
            'spawn', 'begun', timeout=PATIENCE,
            count=before + max(3, len(self.operations) // 80))
        self.assertTrue(self.callers.wait_for(ANSWERED))
        self.terminate(HOST)
        self.callers.burst('terminated', self.quarter)
        code, _ = self.await_exit(HOST, PATIENCE)
        self.assertEqual(0, code)
        self.callers.burst('stopped', self.quarter)
        publishing.join(PATIENCE)
        self.assertEqual({True}, set(self.sent))
        begun = len(hypervisor.journal('spawn', 'begun')) - before
        self.assertLess(begun, len(self.operations))
        self.assertTrue(self.cloud.broker.messages(QUEUE))
        return begun

    def _start_again(self):
        enough = threading.Event()
        self.callers.keep_asking('starting', enough)
        self.cloud.start(HOST)
        enough.set()

    def _are_over(self):
        return not self.requester.store.operations.get_by_filters(
            {'host': HOST, 'open': True}, limit=1)

    def _left(self):
        """Return the queues that somebody reads and has not emptied."""
        return [name for name, found in self.cloud.broker.queues().items()
                if (found['ready'] or found['unacked'])
                and not name.startswith(_ANSWERS)]

    def _check_calls(self):
        self.assert_in_time(self.callers.calls)
        self.assertTrue(self.count('serving')[ANSWERED])
        self.assertTrue(self.count('terminated')[REFUSED])
        self.assertEqual({REFUSED: self.quarter}, self.count('stopped'))
        self.assertEqual({ANSWERED: self.quarter}, self.count('started'))

    def _check_operations(self, hypervisor):
        """The hypervisor's journal and the database say the same."""
        wanted = {operation.instance_uuid: 1 for operation in self.operations}
        for event in ('begun', 'ended'):
            self.assertEqual(wanted, {
                guest: times for guest, times in collections.Counter(
                    entry['guest'] for entry
                    in hypervisor.journal('spawn', event)).items()
                if guest != self.guest})
        store = self.requester.store
        self.assertEqual(
            {operation.uuid: fields.OperationState.SUCCEEDED
             for operation in self.operations},
            {row['uuid']: row['state']
             for row in store.operations.get_by_filters({'host': HOST})
             if row['instance_uuid'] in wanted})
        self.assertEqual(
            {(fields.VMState.ACTIVE, None)},
            {(row['vm_state'], row['task_state'])
             for row in store.instances.get_by_host(HOST)})

    def _record(self, begun, worked_off, seconds):
        calls = self.callers.calls
        self.figure(
            '1 flood, stop in the middle', operations=len(self.operations),
            begun_before_the_stop=begun, calls=len(calls),
            answered=sum(call.outcome == ANSWERED for call in calls),
            refused=sum(call.outcome == REFUSED for call in calls),
            longest_call_s=round(max(call.seconds for call in calls), 2),
            alt_p99_ms=round(1000 * figures.percentile(self.alt, 99)),
            worked_off_s=round(worked_off, 1), seconds=round(seconds, 1))


class TestKill(base.Spared, FloodTestCase):

    def test_calls_at_a_host_that_is_killed(self):
        """Nothing says that it is gone, but that nobody reads its queue."""
        self.hypervisor(HOST).hold('console_output')
        self.addCleanup(self.hypervisor(HOST).reset)
        count = self.times(16, 64)
        self.callers.burst('killed', count)
        self.hypervisor(HOST).wait_for('console_output', 'begun')
        self.cloud.kill(HOST)
        self.callers.join()
        self.callers.burst('gone', count)
        self.assert_in_time(self.callers.join())
        self.assertTrue(self.count('killed')[REFUSED])
        self.assertEqual({REFUSED: count}, self.count('gone'))
        self.figure('1 calls at a killed host', calls=2 * count,
                    longest_call_s=round(max(
                        call.seconds for call in self.callers.calls), 2))
