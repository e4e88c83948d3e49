"""A private RabbitMQ: its own node, ports, cookie, data and epmd."""

import glob
import json
import os
import secrets
import shutil
import socket
import subprocess

from nova_gs.devcloud import errors
from nova_gs.devcloud import parts
from nova_gs.devcloud import ports
from nova_gs.devcloud import processes
from nova_gs.devcloud import waiting

_ADDRESS = '127.0.0.1'
_AMQP_GREETING = b'AMQP\x00\x00\x09\x01'
_CONFIG = """\
listeners.tcp.default = {address}:{port}
loopback_users = none
log.console = false
log.file.level = info
collect_statistics_interval = 1000
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
"""
_CONTROL = """\
#!/bin/sh
# rabbitmqctl for this broker.
exec env {variables} {program} "$@"
"""


def find_scripts():
    """Return the directory of RabbitMQ's own scripts.

    Debian's wrappers in /usr/sbin change to the user rabbitmq; these do not.

    :raises: DevcloudError
    """
    found = sorted(glob.glob(
        '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server'))
    if not found:
        raise errors.DevcloudError(
            'RabbitMQ is not installed. Install the package rabbitmq-server.')
    return os.path.dirname(found[-1])


class Broker(parts.Part):
    """See the module.

    :param layout: the cloud's files
    :param first_port: of the cloud's block
    """

    def __init__(self, layout, first_port):
        super().__init__(layout, 'broker')
        self.port = first_port + ports.BROKER
        self._epmd_port = first_port + ports.EPMD
        self._distribution_port = first_port + ports.DISTRIBUTION
        self._control_port = first_port + ports.CONTROL
        self.epmd = processes.Process(layout, 'epmd')

    @property
    def url(self):
        """Return the transport URL."""
        return 'rabbit://guest:guest@%s:%d/' % (_ADDRESS, self.port)

    @property
    def control(self):
        """Return the path of a rabbitmqctl for this broker."""
        return self.layout.path('broker', 'ctl')

    def launch(self, owner=None):
        """Start RabbitMQ, and its epmd if that is not there already.

        Without one it would start its own, which outlives everything.
        """
        scripts = find_scripts()
        self._configure(scripts)
        if self.epmd.pid() is None:
            self._launch_epmd(owner)
        self.process.launch(
            [os.path.join(scripts, 'rabbitmq-server')],
            # With this the script becomes RabbitMQ rather than its parent,
            # so that signals and the exit code are RabbitMQ's own.
            dict(self._environ(), RUNNING_UNDER_SYSTEMD='true'), owner)

    def ready(self):
        """Return whether it answers the AMQP greeting, not merely accepts."""
        try:
            with socket.create_connection((_ADDRESS, self.port), 1) as probe:
                probe.settimeout(2)
                probe.sendall(_AMQP_GREETING)
                return probe.recv(8)[:1] == b'\x01'
        except OSError:
            return False

    def consumers(self, queue):
        """Return how many consumers a queue has, None if there is no queue."""
        counts = self._declare_passively(queue)
        return None if counts is None else counts.consumer_count

    def messages(self, queue):
        """Return how many messages wait in a queue, None without a queue."""
        counts = self._declare_passively(queue)
        return None if counts is None else counts.message_count

    def queues(self):
        """Return every queue by its name; takes a second.

        :returns: {name: {'consumers', 'ready', 'unacked', 'expires'}};
            ``expires`` is how long it stays without a consumer (seconds),
            or None
        :raises: DevcloudError when the broker does not answer
        """
        return {
            row['name']: {
                'consumers': row['consumers'],
                'ready': row['messages_ready'],
                'unacked': row['messages_unacknowledged'],
                'expires': _seconds(_table(row['arguments']).get(
                    'x-expires')),
            } for row in self._list(
                'list_queues', 'name', 'consumers', 'messages_ready',
                'messages_unacknowledged', 'arguments')}

    def connections(self):
        """Return the names that clients gave their connections; likewise."""
        return [_table(row['client_properties']).get('connection_name', '')
                for row in self._list('list_connections',
                                      'client_properties')]

    def _list(self, *question):
        try:
            result = subprocess.run(
                [self.control, '--quiet', '--formatter', 'json', *question],
                capture_output=True, text=True, check=False, timeout=60)
        except subprocess.TimeoutExpired as error:
            raise errors.DevcloudError(
                'The broker does not answer: %s' % error) from error
        if result.returncode:
            raise errors.DevcloudError(
                'The broker does not answer: %s' % result.stderr.strip())
        return json.loads(result.stdout)

    def _declare_passively(self, queue):
        import amqp
        connection = amqp.Connection(
            '%s:%d' % (_ADDRESS, self.port), connect_timeout=5,
            userid='guest', password='guest')
        with connection:
            channel = connection.channel()
            try:
                return channel.queue_declare(queue, passive=True)
            except amqp.exceptions.NotFound:
                return None

    def _launch_epmd(self, owner):
        program = shutil.which('epmd') or '/usr/bin/epmd'
        self.epmd.launch(
            [program, '-port', str(self._epmd_port), '-address', _ADDRESS],
            self._environ(), owner)
        if not waiting.until(self._epmd_answers, 10):
            raise errors.PartFailed(
                'epmd', 'port %d does not answer' % self._epmd_port,
                self.epmd.log, self.epmd.log_tail())

    def _epmd_answers(self):
        try:
            socket.create_connection((_ADDRESS, self._epmd_port), 1).close()
        except OSError:
            return False
        return True

    def _configure(self, scripts):
        for directory in ('mnesia', 'log', 'schema', 'conf.d'):
            os.makedirs(self._path(directory), exist_ok=True)
        cookie = self._path('.erlang.cookie')
        if not os.path.exists(cookie):
            _write(cookie, secrets.token_hex(10), 0o400)
        _write(self._path('enabled_plugins'), '[].\n')
        _write(self._path('rabbitmq.conf'),
               _CONFIG.format(address=_ADDRESS, port=self.port))
        variables = ' '.join("%s='%s'" % item
                             for item in self._environ().items())
        _write(self.control, _CONTROL.format(
            variables=variables,
            program=os.path.join(scripts, 'rabbitmqctl')), 0o700)

    def _path(self, *parts):
        return self.layout.path('broker', *parts)

    def _environ(self):
        """Return an environment that keeps RabbitMQ below our directory."""
        return {
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin',
            'HOME': self._path(),
            'LANG': 'C.UTF-8',
            'ERL_EPMD_ADDRESS': _ADDRESS,
            'ERL_EPMD_PORT': str(self._epmd_port),
            'RABBITMQ_NODENAME': 'devcloud@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': _ADDRESS,
            'RABBITMQ_NODE_PORT': str(self.port),
            'RABBITMQ_DIST_PORT': str(self._distribution_port),
            'RABBITMQ_MNESIA_BASE': self._path('mnesia'),
            'RABBITMQ_LOG_BASE': self._path('log'),
            'RABBITMQ_PID_FILE': self._path('rabbit.pid'),
            'RABBITMQ_CONF_ENV_FILE': os.devnull,
            'RABBITMQ_CONFIG_FILE': self._path('rabbitmq.conf'),
            'RABBITMQ_ADVANCED_CONFIG_FILE': self._path('advanced.config'),
            'RABBITMQ_GENERATED_CONFIG_DIR': self._path('conf.d'),
            'RABBITMQ_SCHEMA_DIR': self._path('schema'),
            'RABBITMQ_ENABLED_PLUGINS_FILE': self._path('enabled_plugins'),
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS':
                '-kernel inet_dist_use_interface {127,0,0,1} '
                '-start_epmd false +S 2:2 +sbwt none +sbwtdcpu none '
                '+sbwtdio none',
            'RABBITMQ_CTL_ERL_ARGS': '-start_epmd false',
            'RABBITMQ_CTL_DIST_PORT_MIN': str(self._control_port),
            'RABBITMQ_CTL_DIST_PORT_MAX': str(
                self._control_port + ports.CONTROL_SIZE - 1),
        }


def _table(rows):
    """Return a dict of what RabbitMQ writes as [[name, type, value], ...]."""
    return {name: value for name, _, value in rows}


def _seconds(milliseconds):
    return None if milliseconds is None else milliseconds / 1000


def _write(path, text, mode=0o600):
    if os.path.exists(path):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, mode)
    with os.fdopen(descriptor, 'w', encoding='utf-8') as out:
        out.write(text)
