"""A whole cloud in a directory: bring it up, act on its parts, end it.

::

    cloud = Cloud('/tmp/x', hosts=2, driver='fake')
    cloud.up()
    uuid = cloud.api.create_server('guest', host='host-a')
    cloud.stop('host-a')
    cloud.down()
"""

import os
import shutil
import signal
import threading

from nova_gs import clock as clock_module
from nova_gs.devcloud import errors
from nova_gs.devcloud import images
from nova_gs.devcloud import layout as layout_module
from nova_gs.devcloud import parallel
from nova_gs.devcloud import plan
from nova_gs.devcloud import ports
from nova_gs.devcloud import power
from nova_gs.devcloud import waiting

#: Seconds that services may take to report for the first time.
_REPORT_TIMEOUT = 60


class Cloud:
    """See the module.

    :param directory: where it lives; short, because of socket paths
    :param hosts: how many compute hosts; they are host-a, host-b ...
    :param driver: 'libvirt' or 'fake'
    :param settings: list of '[HOST:]SECTION.OPTION=VALUE'
    :param conductors: how many
    :param database: URL; SQLite in the directory by default
    :param post_copy: whether guests of libvirt may be switched to post-copy,
        which takes root
    :param concurrency: of the computes: 'threads' or 'eventlet'
    :param own_storage: whether the disks of libvirt's guests are each host's
        own, so that a migration has to copy them
    :param programs: {name of a service: path of a Python program that is
        run instead}, for tests
    :param neutron: seconds from the binding of a port to its event, with a
        stand-in for Neutron; None to have none
    :param consoles: whether guests have screens and serial consoles, and
        nova-novncproxy runs
    :param owned: whether everything ends when this process does, however
        that comes about
    :param reporter: called with (what, seconds) when a part is ready
    :raises: DevcloudError when that cannot be
    """

    def __init__(self, directory=None, hosts=2, driver='libvirt',
                 settings=(), conductors=1, database=None, owned=False,
                 reporter=None, post_copy=False, concurrency='threads',
                 programs=None, own_storage=False, neutron=None,
                 consoles=False):
        self.layout = layout_module.Layout(
            directory or layout_module.default_directory())
        self.options = {
            'hosts': hosts, 'driver': driver, 'settings': list(settings),
            'conductors': conductors, 'post_copy': post_copy,
            'concurrency': concurrency, 'programs': dict(programs or {}),
            'own_storage': own_storage, 'neutron': neutron,
            'consoles': consoles,
            'database': database or 'sqlite:///' + self.layout.path(
                'nova.sqlite'),
        }
        plan.check(self.options)
        self.layout.check_length(plan.host_names(hosts))
        self._owner = os.getpid() if owned else None
        self._report = reporter or (lambda what, seconds: None)
        self._clock = clock_module.Clock()
        self._cancelled = threading.Event()
        self.parts = None

    @classmethod
    def load(cls, directory=None):
        """Return the cloud that is up in a directory.

        :raises: DevcloudError when there is none
        """
        layout = layout_module.Layout(
            directory or layout_module.default_directory())
        state = layout.load()
        if not state or 'options' not in state:
            raise errors.DevcloudError(
                'There is no cloud in %s. Make one: devcloud up --dir %s' % (
                    layout.directory, layout.directory))
        cloud = cls(layout.directory, **state['options'])
        cloud.parts = plan.make(cloud.layout, cloud.options, state['ports'])
        return cloud

    @property
    def neutron(self):
        """Return the ``neutron.Neutron`` of this cloud, or None."""
        return self.parts.neutron

    @property
    def api(self):
        """Return the ``api_client.Client`` of this cloud."""
        return self.parts.site.client

    @property
    def broker(self):
        """Return the ``broker.Broker`` of this cloud."""
        return self.parts.broker

    @property
    def hosts(self):
        """Return the names of the compute hosts."""
        return [compute.name for compute in self.parts.computes]

    def up(self):
        """Bring everything up and wait until services report.

        Whatever keeps it from that, Ctrl-C too, nothing is left running.

        :raises: DevcloudError
        :returns: self
        """
        self._prepare()
        try:
            self._start_all()
        except BaseException:
            self.down(patience=0)
            raise
        return self

    def down(self, patience=5, remove=False):
        """End everything.

        :param patience: seconds for our services to stop by themselves
        :param remove: whether to remove the directory too
        """
        power.end(self.layout, patience, remove)

    def start(self, name, wait=True):
        """Start a part that is not running.

        :param wait: whether to wait until it is ready
        :raises: DevcloudError
        """
        part = self.part(name)
        if part.process.pid():
            raise errors.DevcloudError('%s is running already (pid %d).' % (
                name, part.process.pid()))
        if wait:
            part.start(self._owner, self._cancelled)
        else:
            part.launch(self._owner)

    def stop(self, name, number=signal.SIGTERM, wait=True, timeout=None):
        """Signal a part.

        :param number: the signal
        :param wait: whether to wait for its end
        :param timeout: seconds to wait; None is as long as it may take
        :returns: the record of its end (exit_code, ended_at), or None when
            not waited for
        :raises: DevcloudError when it does not end
        """
        part = self.part(name)
        if not wait:
            part.process.send_signal(number)
            return None
        record = part.stop(number, timeout)
        if record is None and part.process.pid():
            raise errors.DevcloudError(
                '%s (pid %d) has not ended after %d s.' % (
                    name, part.process.pid(),
                    part.stop_timeout if timeout is None else timeout))
        return record

    def kill(self, name, number=signal.SIGKILL, wait=True):
        """Kill a part; what it left behind (guests, say) goes on."""
        return self.stop(name, number, wait)

    def add_image(self, ticker):
        """Add an image that boots into a ``guest_image.Ticker``."""
        images.add_ticker(self.layout, self.parts.api.config, ticker)

    def part(self, name):
        """Return a part by its name.

        :raises: DevcloudError that says which there are
        """
        everything = self.parts.all()
        if name not in everything:
            raise errors.DevcloudError('There is no %s. There are: %s.' % (
                name, ', '.join(everything)))
        return everything[name]

    def status(self):
        """Return what runs and where, as a dict for JSON."""
        parts = self.parts
        return {
            'directory': self.layout.directory,
            'driver': self.options['driver'],
            'api': dict(_facts(parts.api), url=self.api.url),
            'conductors': [dict(_facts(conductor), host=conductor.name)
                           for conductor in parts.conductors],
            'computes': [self._compute_facts(compute)
                         for compute in parts.computes],
            'hypervisors': [dict(_facts(part), host=part.host, name=part.name)
                            for part in parts.hypervisors],
            'consoles': [dict(_facts(part), url=parts.site.console_url)
                         for part in parts.consoles],
            'broker': dict(_facts(self.broker), url=self.broker.url,
                           ctl=self.broker.control),
            'database': {'url': self.options['database']},
        }

    def environment(self):
        """Return the variables with which ``openstack`` uses this cloud."""
        url = self.api.url
        return {
            'OS_AUTH_TYPE': 'none',
            'OS_REGION_NAME': 'RegionOne',
            'OS_IDENTITY_API_VERSION': '3',
            'OS_COMPUTE_ENDPOINT_OVERRIDE': url + '/v2.1',
            'OS_IDENTITY_ENDPOINT_OVERRIDE': url + '/identity/v3',
            'OS_IMAGE_ENDPOINT_OVERRIDE': url + '/image',
            'OS_NETWORK_ENDPOINT_OVERRIDE': (
                self.neutron.url if self.neutron else url + '/network'),
        }

    def _prepare(self):
        """Make an empty directory with a claim on ports."""
        directory = self.layout.directory
        if os.path.isdir(directory) and os.listdir(directory):
            if self.layout.load() is None:
                raise errors.DevcloudError(
                    '--dir %s holds something that is not a cloud. Name an '
                    'empty or new directory.' % directory)
            if power.is_on(self.layout):
                raise errors.DevcloudError(
                    'A cloud is up in %s. End it first: devcloud down '
                    '--dir %s' % (directory, directory))
            shutil.rmtree(directory)
        os.makedirs(directory, mode=0o700, exist_ok=True)
        first_port = ports.claim(self.layout)
        self.layout.save({'ports': first_port, 'options': self.options})
        self.parts = plan.make(self.layout, self.options, first_port)

    def _start_all(self):
        parts = self.parts
        os.makedirs(self.layout.instances)
        for service in parts.services:
            service.configure()
        self._together(
            [self._starter(part) for part in (parts.broker, parts.neutron)
             if part is not None] + [self._make_database]
            + self._hypervisor_starters())
        # Computes look for a conductor first of all and would wait for it.
        self._together([self._starter(part)
                        for part in parts.conductors + [parts.api]
                        + parts.consoles])
        self._together([self._starter(part) for part in parts.computes])
        self._timed('services report', self._await_reports)

    def _hypervisor_starters(self):
        """Return tasks that start the hypervisors.

        While nobody knows QEMU's capabilities one host finds them out for
        all: that is seconds of work.
        """
        hypervisors = self.parts.hypervisors
        warm = all(getattr(part, 'is_warm', True) for part in hypervisors)
        starters = [self._starter(part) for part in hypervisors]
        if warm or len(starters) < 2:
            return starters

        def one_first():
            starters[0]()
            self._together(starters[1:])

        return [one_first]

    def _together(self, tasks):
        parallel.run(tasks, self._cancelled)

    def _starter(self, part):
        return lambda: self._timed(
            part.name, lambda: part.start(self._owner, self._cancelled))

    def _make_database(self):
        self._timed('database and images', lambda: images.make_database(
            self.layout, self.parts.api.config, self._cancelled))

    def _timed(self, what, function):
        started = self._clock.now()
        function()
        self._report(what, self._clock.now() - started)

    def _await_reports(self):
        expected = {part.name for part
                    in self.parts.conductors + self.parts.computes}
        missing = set(expected)

        def all_up():
            missing.clear()
            missing.update(expected - {
                service['host'] for service in self.api.services()
                if service['state'] == 'up'})
            return not missing

        if not waiting.until(all_up, _REPORT_TIMEOUT, self._cancelled,
                             every=0.05):
            part = self.part(min(missing))
            raise errors.PartFailed(
                part.name, 'os-services does not show it as up',
                part.process.log, part.process.log_tail())

    def _compute_facts(self, compute):
        hypervisor = compute.hypervisor
        return dict(
            _facts(compute), host=compute.name, config=compute.config,
            libvirt_uri=getattr(hypervisor, 'uri', None),
            journal=getattr(hypervisor, 'journal', None),
            state_path=self.layout.state_path(compute.name))


def _facts(part):
    """Return what status says of any part."""
    process = part.process
    return {
        'pid': process.pid(), 'state': process.state(), 'log': process.log,
        'exit_code': process.exit_code(),
    }
