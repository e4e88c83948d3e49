"""Our own services as parts of a cloud: configuration, start, readiness."""

import os
import socket

from nova_gs import concurrency as modes
from nova_gs.devcloud import environment
from nova_gs.devcloud import parts
from nova_gs.devcloud import settings as settings_module
from nova_gs.rpc import catalogue


class Service(parts.Part):
    """One of our services, with its configuration file.

    :param site: ``Site``
    :param name: its name, which is also its ``host`` option
    """

    program = None

    def __init__(self, site, name):
        super().__init__(site.layout, name)
        self.site = site

    @property
    def config(self):
        """Return the path of the configuration file."""
        return self.layout.config(self.name)

    def sections(self):
        """Return its own options as {section: {option: value}}."""
        return {}

    def variables(self):
        """Return its own environment variables as a dict."""
        return {}

    def configure(self):
        """Write the configuration file."""
        sections = self.site.common(self.name)
        for section, options in self.sections().items():
            sections.setdefault(section, {}).update(options)
        settings_module.apply(sections, self.site.settings, self.name)
        os.makedirs(os.path.dirname(self.config), exist_ok=True)
        os.makedirs(self.layout.state_path(self.name), exist_ok=True)
        with open(self.config, 'w', encoding='utf-8') as out:
            out.write(settings_module.render(sections))

    def launch(self, owner=None):
        """Start it with the configuration file as it is now."""
        self.process.launch(
            environment.command(
                self.program, '--config-file', self.config),
            environment.of_services(**self.variables()), owner)


class Api(Service):
    """nova-api."""

    program = 'nova-api'

    def sections(self):
        """Return its options: the port and the database."""
        return {'api': {'bind_host': '127.0.0.1',
                        'bind_port': self.site.api_port},
                'database': {'connection': self.site.database},
                'vnc': {'novncproxy_base_url':
                        self.site.console_url + '/console.html'},
                'serial_console': {'base_url': self.site.serial_url}}

    def ready(self):
        """Return whether it answers."""
        return self.site.client.answers()


class Conductor(Service):
    """nova-conductor."""

    program = 'nova-conductor'

    def sections(self):
        """Return its options: the database."""
        return {'database': {'connection': self.site.database}}

    @property
    def workers(self):
        """Return how many processes of it take messages."""
        sections = {}
        settings_module.apply(sections, self.site.settings, self.name)
        return int(sections.get('conductor', {}).get('workers', 1))

    def ready(self):
        """Return whether all of it takes messages."""
        consumers = self.site.consumers(
            catalogue.Topic.CONDUCTOR, self.name)
        return consumers is not None and consumers >= self.workers


class Compute(Service):
    """nova-compute on one host.

    :param hypervisor: the ``LibvirtHost`` or ``FakeHost`` below it
    """

    program = 'nova-compute'
    #: graceful_shutdown_timeout is 180.
    stop_timeout = 200

    def __init__(self, site, hypervisor):
        super().__init__(site, hypervisor.host)
        self.hypervisor = hypervisor

    def variables(self):
        """Return what says whether it runs in threads or eventlet."""
        return {modes.VARIABLE: self.site.concurrency}

    def sections(self):
        """Return its options: which hypervisor, and where it is."""
        if self.site.driver == 'fake':
            return {'DEFAULT': {'compute_driver': 'fake'},
                    'fake': {'hypervisor_socket': self.hypervisor.socket}}
        own = ({'instances_path': self.layout.instances_of(self.name)}
               if self.site.own_storage else {})
        return {
            'DEFAULT': {'compute_driver': 'libvirt', **own},
            'libvirt': {
                'connection_uri': self.hypervisor.uri,
                'live_migration_uri': self.hypervisor.uri_pattern(
                    self.layout),
                'live_migration_inbound_addr': self.hypervisor.address,
                # The hosts share a directory of one machine.
                'live_migration_trust_storage': 'true',
                'live_migration_permit_post_copy': str(
                    self.hypervisor.post_copy).lower(),
                'virt_type': 'qemu',
            },
            'serial_console': {
                'proxyclient_address': self.hypervisor.address}}

    def ready(self):
        """Return whether it takes messages on all its queues.

        A program in its place may be of the old kind, without a second one.
        """
        counts = [self.site.consumers(topic, self.name) for topic in (
            catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING)]
        if self.program != Compute.program and counts[-1] is None:
            counts.pop()
        return all(counts)


class ConsoleProxy(Service):
    """nova-novncproxy."""

    program = 'nova-novncproxy'

    def sections(self):
        """Return its options: the port."""
        return {'vnc': {'novncproxy_host': '127.0.0.1',
                        'novncproxy_port': self.site.console_port}}

    def ready(self):
        """Return whether it takes connections."""
        try:
            socket.create_connection(
                ('127.0.0.1', self.site.console_port), 1).close()
        except OSError:
            return False
        return True


class Site:
    """What the services of one cloud know of each other.

    :param layout: the cloud's files
    :param broker: ``broker.Broker``
    :param client: ``api_client.Client``
    :param driver: 'libvirt' or 'fake'
    :param database: URL
    :param api_port: of nova-api
    :param settings: list of ``settings.Setting``
    :param concurrency: of the computes: 'threads' or 'eventlet'
    :param console_port: of nova-novncproxy
    :param consoles: whether that is there, and guests have screens
    :param neutron: URL of Neutron's stand-in, or None
    :param own_storage: whether each host has its guests' disks for itself
    """

    def __init__(self, layout, broker, client, driver, database, api_port,
                 settings, concurrency, console_port, consoles=False,
                 neutron=None, own_storage=False):
        self.layout = layout
        self.broker = broker
        self.client = client
        self.driver = driver
        self.database = database
        self.api_port = api_port
        self.settings = settings
        self.concurrency = concurrency
        self.own_storage = own_storage
        self.neutron = neutron
        self.console_port = console_port
        self.consoles = consoles

    @property
    def console_url(self):
        """Return where browsers find nova-novncproxy."""
        return 'http://127.0.0.1:%d' % self.console_port

    @property
    def serial_url(self):
        """Return where clients of serial consoles find it."""
        return 'ws://127.0.0.1:%d/' % self.console_port

    def consumers(self, topic, host):
        """Return the consumers of a host's queue.

        :param topic: ``catalogue.Topic``
        :returns: their number; None without a queue or a broker
        """
        try:
            return self.broker.consumers(topic.queue(host))
        except OSError:
            return None

    def common(self, name):
        """Return the options that every service has."""
        sections = {} if self.neutron is None else {
            'neutron': {'url': self.neutron}}
        return sections | {
            'DEFAULT': {
                'host': name,
                'state_path': self.layout.state_path(name),
                'instances_path': self.layout.instances,
                'transport_url': self.broker.url,
                'report_interval': '1',
                'service_down_time': '6',
                'graceful_shutdown_timeout': '180',
            },
            'images': {'store_path': self.layout.images},
            # A screen that nobody can see would only cost memory.
            'vnc': {'enabled': str(self.consoles).lower()},
            'serial_console': {'enabled': str(self.consoles).lower()},
            'oslo_messaging_rabbit': {
                # A broker that is stopped and started is found again soon.
                'heartbeat_timeout_threshold': '15',
                'heartbeat_rate': '3',
                'kombu_reconnect_delay': '0.5',
                'rabbit_retry_interval': '1',
                'rabbit_retry_backoff': '1',
                'rabbit_qos_prefetch_count': '10',
            },
        }
