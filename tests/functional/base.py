"""Scenarios on a whole cloud of real processes.

A test class has one cloud, brought up before its first test.  Scenarios run
a few times in ``make test`` and at full count in ``make verify``, and leave
their figures there.
"""

import json
import os
import tempfile
import unittest

import testtools

from nova_gs import clock
from nova_gs.devcloud import cloud
from nova_gs.devcloud import figures
from nova_gs.devcloud import waiting
from nova_gs.shutdown import report
from nova_gs.virt.fake import client

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 90

#: How much longer things may take in "make test", where several tests share
#: two processors: what waits for a timer of ours takes longer still.
_BUSY = 4

#: {module: the cloud that its classes share}
_CLOUDS = {}


def within(promise):
    """Return what a promise comes to in this run.

    "make verify" holds the program to it as it stands.  "make test" cannot
    tell how much of the time went to other tests.

    :param promise: seconds
    :returns: seconds
    """
    return promise if figures.is_full() else _BUSY * promise


class CloudTestCase(testtools.TestCase):
    """A test with a cloud; ``OPTIONS`` are those of ``cloud.Cloud``."""

    OPTIONS = {'driver': 'fake'}

    #: Whether the classes of a module that say so have one cloud together:
    #: with the same options, and none leaves anything to the next.
    SHARED = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clock = clock.Clock()
        if cls.SHARED and cls.__module__ in _CLOUDS:
            cls.cloud = _CLOUDS[cls.__module__]
            return
        # Short: the paths of UNIX sockets below it are bounded.
        cls.cloud = cloud.Cloud(
            tempfile.mkdtemp(prefix='ngs-'), owned=True, **cls.OPTIONS)
        clean_up = (unittest.addModuleCleanup if cls.SHARED
                    else cls.addClassCleanup)
        clean_up(cls.cloud.down, remove=True)
        cls.cloud.up()
        if cls.SHARED:
            _CLOUDS[cls.__module__] = cls.cloud

    def setUp(self):
        super().setUp()
        self.addOnException(self._attach_logs)

    @property
    def api(self):
        """The API of the cloud."""
        return self.cloud.api

    def times(self, some, full):
        """Return how often a scenario runs: in "make test", in "verify"."""
        return full if figures.is_full() else some

    def figure(self, scenario, **values):
        """Leave figures for "make verify"; units belong into the names."""
        figures.record(scenario, **values)

    def assert_prompt(self, took, promise):
        """Assert that the 95th percentile keeps a promise.

        A few runs beside other tests cannot tell that; they tell that
        nothing waits for a timer.

        :param took: seconds, of each run
        :param promise: seconds
        """
        self.assertLessEqual(
            figures.percentile(took, 95), within(promise))

    def await_that(self, what, condition, timeout=30, every=0.01):
        """Wait until ``condition()`` is true and return its result."""
        result = waiting.until(condition, timeout, every=every)
        self.assertTrue(result, '%s: not within %s s' % (what, timeout))
        return result

    def hypervisor(self, host):
        """Return the switches of a host's fake hypervisor."""
        return client.control(self.cloud.part('hypervisor@' + host).socket)

    def boot(self, host, image='ticker', name='guest'):
        """Return the UUID of a new server that is ACTIVE on a host."""
        uuid = self.api.create_server(name, image, host=host)
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
        return uuid

    def boot_all(self, *hosts):
        """Return the UUIDs of new servers, one ACTIVE on each host."""
        guests = [self.api.create_server('guest', host=host)
                  for host in hosts]
        for uuid in guests:
            self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                                  task_state=None)
        return guests

    def ensure_up(self, *hosts):
        """Start the computes that a test before has stopped."""
        for host in hosts or self.cloud.hosts:
            if not self.cloud.part(host).process.pid():
                self.cloud.start(host)
            self.await_that('%s is up' % host, lambda: (
                self.api.service(host) or {}).get('state') == 'up')

    def terminate(self, host):
        """Send SIGTERM; return the moment (wall clock, seconds)."""
        sent = self.clock.utcnow().timestamp()
        self.cloud.stop(host, wait=False)
        return sent

    def await_exit(self, host, timeout=60):
        """Wait for a compute's end.

        :returns: (exit code, moment in wall clock seconds)
        """
        record = self.cloud.part(host).process.wait(timeout)
        self.assertIsNotNone(record, '%s has not ended' % host)
        return record['exit_code'], record['ended_at']

    def report_path(self, host):
        """Return where a host's last stop has left its report."""
        return os.path.join(self.cloud.layout.state_path(host), report.FILE)

    def report(self, host):
        """Return the report of a host's last stop, as a dict."""
        with open(self.report_path(host), encoding='utf-8') as stream:
            return json.load(stream)

    def _attach_logs(self, exc_info):
        """Show the end of each log beside a failure."""
        for name, part in self.cloud.parts.all().items():
            self.addDetail(name, testtools.content.text_content(
                part.process.log_tail(40)))


class Spared:
    """Put before a scenario class: "make test" runs only ``SOME`` of it.

    "make verify" runs everything.
    """

    #: Names of tests.
    SOME = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        names = unittest.defaultTestLoader.getTestCaseNames(cls)
        unknown = set(cls.SOME).difference(names)
        if unknown:
            raise AttributeError('%s has no %s' % (
                cls.__name__, ', '.join(unknown)))
        if not figures.is_full():
            for name in set(names).difference(cls.SOME):
                setattr(cls, name, None)


class OnEventlet(Spared):
    """Put before a scenario class: its twin, with computes on eventlet.

    ::

        class TestDrainOnEventlet(base.OnEventlet, test_drain.TestDrain):
            SOME = ('test_refused',)
    """

    #: Not those of the scenario class.
    SOME = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.OPTIONS = dict(cls.OPTIONS, concurrency='eventlet')

    def figure(self, scenario, **values):
        super().figure(scenario + ' (eventlet)', **values)
