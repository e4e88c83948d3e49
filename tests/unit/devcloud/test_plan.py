"""Which parts a cloud has, and how they are told of one another."""

import os

import fixtures
from oslo_config import cfg

import nova_gs.conf
from nova_gs.devcloud import errors
from nova_gs.devcloud import layout
from nova_gs.devcloud import plan
from tests.unit import base

FIRST_PORT = 20480


def options(**changes):
    return dict({'hosts': 2, 'driver': 'libvirt', 'settings': [],
                 'conductors': 1, 'concurrency': 'threads',
                 'database': 'sqlite:///x'}, **changes)


class NamesTestCase(base.TestCase):

    def test_hosts(self):
        names = plan.host_names(80)
        self.assertEqual(['host-a', 'host-b'], names[:2])
        self.assertEqual(['host-z', 'host-aa', 'host-ab'], names[25:28])
        self.assertEqual(['host-az', 'host-ba'], names[51:53])
        self.assertEqual(80, len(set(names)))

    def test_conductors(self):
        self.assertEqual(['conductor'], plan.conductor_names(1))
        self.assertEqual(['conductor', 'conductor-2', 'conductor-3'],
                         plan.conductor_names(3))


class CheckTestCase(base.TestCase):

    def test_nonsense_names_the_option(self):
        for changes, option in (
                ({'driver': 'xen'}, '--driver xen'),
                ({'hosts': -1}, '--hosts -1'),
                ({'hosts': 16}, '--hosts 16'),
                ({'hosts': 101, 'driver': 'fake'}, '--hosts 101'),
                ({'conductors': 0}, '--conductors 0'),
                ({'concurrency': 'gevent'}, '--concurrency gevent'),
                ({'settings': ['x']}, '--set x'),
                ({'settings': ['host-c:a.b=c']}, 'host-c')):
            error = self.assertRaises(
                errors.DevcloudError, plan.check, options(**changes))
            self.assertIn(option, str(error))

    def test_sense(self):
        for changes in ({}, {'hosts': 0}, {'hosts': 15},
                        {'concurrency': 'eventlet'},
                        {'hosts': 16, 'driver': 'fake'},
                        {'settings': ['conductor:a.b=c', 'api:a.b=c']}):
            plan.check(options(**changes))


class PostCopyTestCase(base.TestCase):

    def obstacle(self, reason):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.devcloud.post_copy.obstacle', lambda: reason))

    def test_where_it_can_be_had(self):
        self.obstacle(None)
        plan.check(options(post_copy=True))

    def test_where_it_cannot(self):
        self.obstacle('it needs root')
        plan.check(options(post_copy=False))
        error = self.assertRaises(
            errors.DevcloudError, plan.check, options(post_copy=True))
        for words in ('--post-copy', 'it needs root'):
            self.assertIn(words, str(error))

    def test_fake_driver_needs_none(self):
        self.obstacle(None)
        self.assertRaises(errors.DevcloudError, plan.check,
                          options(post_copy=True, driver='fake'))


class PartsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.layout = layout.Layout(self.useFixture(fixtures.TempDir()).path)

    def make(self, **changes):
        return plan.make(self.layout, options(**changes), FIRST_PORT)

    def read(self, service):
        """Return the ConfigOpts that the service will have."""
        service.configure()
        conf = cfg.ConfigOpts()
        nova_gs.conf.register_opts(conf)
        conf.register_opt(cfg.StrOpt('transport_url'))
        conf.register_opt(cfg.StrOpt('connection'), group='database')
        conf([], default_config_files=[service.config],
             default_config_dirs=[])
        return conf

    def test_names(self):
        self.assertEqual(
            ['broker', 'libvirtd@host-a', 'libvirtd@host-b', 'conductor',
             'conductor-2', 'api', 'host-a', 'host-b'],
            list(self.make(conductors=2).all()))
        self.assertEqual(
            ['broker', 'hypervisor@host-a', 'conductor', 'api', 'host-a'],
            list(self.make(driver='fake', hosts=1).all()))

    def test_compute_with_libvirt(self):
        parts = self.make()
        a, b = (self.read(compute) for compute in parts.computes)
        self.assertEqual(('host-a', 'host-b'), (a.host, b.host))
        self.assertNotEqual(a.state_path, b.state_path)
        self.assertEqual(a.instances_path, b.instances_path)
        self.assertEqual(parts.broker.url, a.transport_url)
        self.assertEqual('libvirt', a.compute_driver)
        self.assertEqual(b.libvirt.connection_uri,
                         a.libvirt.live_migration_uri % 'host-b')
        self.assertNotEqual(a.libvirt.live_migration_inbound_addr,
                            b.libvirt.live_migration_inbound_addr)
        self.assertTrue(a.libvirt.live_migration_trust_storage)

    def test_post_copy(self):
        for wanted in (False, True):
            parts = self.make(post_copy=wanted)
            self.assertEqual(
                [wanted, wanted],
                [self.read(compute).libvirt.live_migration_permit_post_copy
                 for compute in parts.computes])

    def test_consoles(self):
        parts = self.make(consoles=True)
        proxy, = parts.consoles
        self.assertEqual('novncproxy', proxy.name)
        self.assertIs(proxy, parts.all()['novncproxy'])
        conf = self.read(proxy)
        self.assertTrue(self.read(parts.api).vnc.novncproxy_base_url
                        .startswith('http://127.0.0.1:%d/' % (
                            conf.vnc.novncproxy_port)))
        self.assertIsNone(conf.database.connection)
        self.assertEqual(
            'ws://127.0.0.1:%d/' % conf.vnc.novncproxy_port,
            self.read(parts.api).serial_console.base_url)
        for compute in parts.computes:
            conf = self.read(compute)
            self.assertTrue(conf.vnc.enabled)
            self.assertTrue(conf.serial_console.enabled)
            self.assertEqual(compute.hypervisor.address,
                             conf.serial_console.proxyclient_address)
        plan.check(options(consoles=True, settings=['novncproxy:a.b=c']))

    def test_without_consoles(self):
        parts = self.make()
        self.assertEqual([], parts.consoles)
        self.assertFalse(self.read(parts.computes[0]).vnc.enabled)
        self.assertRaises(errors.DevcloudError, plan.check,
                          options(settings=['novncproxy:a.b=c']))

    def test_compute_with_fake(self):
        parts = self.make(driver='fake')
        conf = self.read(parts.computes[0])
        self.assertEqual('fake', conf.compute_driver)
        self.assertEqual(parts.hypervisors[0].socket,
                         conf.fake.hypervisor_socket)

    def test_only_api_and_conductor_know_the_database(self):
        parts = self.make()
        for service, url in ((parts.api, 'sqlite:///x'),
                             (parts.conductors[0], 'sqlite:///x'),
                             (parts.computes[0], None)):
            self.assertEqual(url, self.read(service).database.connection)

    def test_stand_ins(self):
        parts = self.make(programs={'host-b': '/x/old.py'})
        self.assertEqual(
            ['nova-compute', '/x/old.py'],
            [compute.program for compute in parts.computes])
        self.assertEqual('nova-api', parts.api.program)

    def test_settings_win(self):
        parts = self.make(settings=[
            'DEFAULT.graceful_shutdown_timeout=30',
            'host-b:DEFAULT.graceful_shutdown_timeout=40'])
        self.assertEqual(
            [30, 40, 30],
            [self.read(service).graceful_shutdown_timeout
             for service in parts.computes + [parts.api]])

    def test_concurrency_concerns_computes_alone(self):
        for mode in ('threads', 'eventlet'):
            parts = self.make(concurrency=mode)
            for compute in parts.computes:
                self.assertEqual(
                    {'NOVA_GS_CONCURRENCY': mode}, compute.variables())
            for other in [parts.api] + parts.conductors:
                self.assertEqual({}, other.variables())

    def test_kvm_is_hidden_unless_asked_for(self):
        for setting, with_kvm in ((None, False),
                                  ('libvirt.virt_type=qemu', False),
                                  ('libvirt.virt_type=kvm', True),
                                  ('libvirt.virt_type=auto', True)):
            parts = self.make(settings=[setting] if setting else [])
            self.assertEqual(with_kvm, parts.hypervisors[0].with_kvm)

    def test_hosts_have_ports_of_their_own(self):
        taken = set()
        for host in self.make(hosts=15).hypervisors:
            host._configure()
            values = {}
            with open(os.path.join(
                    host.directory, 'config/libvirt/qemu.conf')) as conf:
                for line in conf:
                    name, _, value = line.partition(' = ')
                    values[name] = value.strip()
            for kind in ('migration', 'remote_display'):
                numbers = range(int(values[kind + '_port_min']),
                                int(values[kind + '_port_max']) + 1)
                self.assertFalse(taken.intersection(numbers))
                taken.update(numbers)
        self.assertLess(max(taken), FIRST_PORT + 256)


class ReadinessTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.queues = {}
        self.parts = plan.make(
            layout.Layout(self.useFixture(fixtures.TempDir()).path),
            options(), FIRST_PORT)
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.devcloud.broker.Broker.consumers', self.consumers))

    def consumers(self, _broker, queue):
        if self.queues is None:
            raise ConnectionRefusedError()
        return self.queues.get(queue)

    def test_compute(self):
        compute = self.parts.computes[0]
        for queues, ready in (
                (None, False), ({}, False), ({'compute.host-a': 0}, False),
                ({'compute.host-a': 1, 'compute-alt.host-a': 0}, False),
                ({'compute.host-a': 1, 'compute-alt.host-a': 1}, True),
                ({'compute.host-a': 1}, False),
                ({'compute.host-b': 1, 'compute-alt.host-b': 1}, False)):
            self.queues = queues
            self.assertEqual(ready, compute.ready(), queues)

    def test_compute_of_the_old_kind(self):
        compute = self.parts.computes[0]
        compute.program = 'stand-in'
        for queues, ready in (
                ({}, False), ({'compute.host-a': 1}, True),
                ({'compute.host-a': 1, 'compute-alt.host-a': 0}, False)):
            self.queues = queues
            self.assertEqual(ready, compute.ready(), queues)

    def test_conductor(self):
        self.assertFalse(self.parts.conductors[0].ready())
        self.queues['conductor.conductor'] = 1
        self.assertTrue(self.parts.conductors[0].ready())
