"""Programs that are started beside those of a cloud, and what they wait for.
"""

import contextlib
import random
import signal

import oslo_messaging

from nova_gs.devcloud import api_client
from nova_gs.devcloud import proxy
from nova_gs.rpc import catalogue
from nova_gs.rpc import serializer
from tests.fixtures import requester
from tests.functional import signalled
from tests.functional import test_bad_start

COMPUTE, CONDUCTOR, API = (
    test_bad_start.COMPUTE, test_bad_start.CONDUCTOR, test_bad_start.API)
SERVES = test_bad_start.SERVES


class SpareTestCase(signalled.SignalsTestCase,
                    test_bad_start.StartTestCase):
    """Spare programs; a context manager for each thing that one waits for.

    These yield its ``Life``, and a function that brings what it waits for.
    """

    def setUp(self):
        super().setUp()
        self.random = random.Random(8)

    @contextlib.contextmanager
    def spare(self, program, option=None, value=None):
        """Start a program; yield its ``signalled.Life``."""
        with self.started(program, option, value) as process:
            yield signalled.Life(self, process, offset=0)

    def config_of(self, life):
        return self.cloud.layout.config(life.name)

    def assert_serves(self, program, life):
        """A program answers, over the network, when it is asked."""
        life.await_line(SERVES[program])
        if program == COMPUTE:
            self.assert_answers(host=life.name)
        elif program == CONDUCTOR:
            self.assert_conductor_answers(life.name)
        else:
            self.assertTrue(self.client_of_spare().services())

    def client_of_spare(self):
        """Return a client of the API that was started beside the cloud."""
        return api_client.Client('http://127.0.0.1:%d' % (
            self.part(API).site.api_port + 12))

    def assert_conductor_answers(self, name):
        client = self.useFixture(requester.Requester(self.cloud))
        sender = oslo_messaging.get_rpc_client(
            client.transport, oslo_messaging.Target(
                topic=catalogue.Topic.CONDUCTOR.value, server=name,
                version=catalogue.version_of(catalogue.Topic.CONDUCTOR)),
            serializer=serializer.RequestSerializer())
        self.assertTrue(sender.prepare(timeout=signalled.PATIENCE).call(
            client.context, 'object_class_action_versions',
            objname='ServiceList', objmethod='get_minimum_version',
            object_versions={'ServiceList': '1.0'}, args=['nova-compute'],
            kwargs={}))

    # -- what a compute waits for

    @contextlib.contextmanager
    def lock(self):
        """Somebody else has the state path."""
        path = self.cloud.layout.state_path('spare')
        with self.spare(COMPUTE, 'DEFAULT.state_path', path) as first:
            first.await_line(SERVES[COMPUTE])
            with self.spare(COMPUTE, 'DEFAULT.state_path', path) as second:
                second.await_line('Another nova-compute (pid %d)' % (
                    first.pid))
                yield second, lambda: first.send(
                    signal.SIGTERM)

    @contextlib.contextmanager
    def hypervisor_away(self):
        name = 'hypervisor@' + self.HOST
        self.cloud.stop(name)
        started = []

        def heal():
            if not started:
                started.append(self.cloud.start(name))

        try:
            with self.spare(COMPUTE) as life:
                life.await_line('Waiting for the hypervisor')
                yield life, heal
        finally:
            heal()

    @contextlib.contextmanager
    def hypervisor_slow(self):
        """The first stage of the start hangs in the hypervisor."""
        switches = self.hypervisor(self.HOST)
        count = len(switches.journal('describe_host', 'begun'))
        switches.hold('describe_host')
        try:
            with self.spare(COMPUTE) as life:
                switches.wait_for('describe_host', count=count + 1,
                                  timeout=signalled.PATIENCE)
                yield life, lambda: switches.release('describe_host')
        finally:
            switches.release('describe_host')

    @contextlib.contextmanager
    def broker_away(self):
        way = proxy.Proxy(lambda: self.cloud.broker.port)
        try:
            way.refuse()
            with self.spare(
                    COMPUTE, 'DEFAULT.transport_url',
                    'rabbit://guest:guest@127.0.0.1:%d/' % way.port) as life:
                life.await_line('Waiting for the broker')
                yield life, way.heal
        finally:
            way.close()

    @contextlib.contextmanager
    def conductor_away(self):
        with self.frozen_conductor() as heal, self.spare(COMPUTE) as life:
            life.await_line('Waiting for the conductor')
            yield life, heal

    @contextlib.contextmanager
    def frozen_conductor(self):
        """A conductor that does not answer; yield what changes that."""
        conductor = self.part(CONDUCTOR).process

        def heal():
            conductor.send_signal(signal.SIGCONT)

        conductor.send_signal(signal.SIGSTOP)
        try:
            yield heal
        finally:
            heal()

    def leave_half_a_guest(self):
        """Kill the compute while it builds; return the server's UUID."""
        self.ensure_up()
        switches = self.hypervisor(self.HOST)
        count = len(switches.journal('spawn', 'begun'))
        switches.hold('spawn')
        self.addCleanup(switches.release, 'spawn')
        uuid = self.api.create_server('half', host=self.HOST)
        switches.wait_for('spawn', count=count + 1,
                          timeout=signalled.PATIENCE)
        self.cloud.kill(self.HOST)
        switches.fail('spawn', uuid)
        switches.release('spawn')
        switches.wait_for('spawn', 'failed', uuid,
                          timeout=signalled.PATIENCE)
        return uuid
