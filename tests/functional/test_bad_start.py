"""Starts that cannot succeed, must wait, or are broken off.

Each says in one clear line which option it is and what to do, and hears
SIGTERM all the while.
"""

import contextlib
import dataclasses
import itertools
import os
import re
import signal

import testtools

from nova_gs.devcloud import environment
from nova_gs.devcloud import figures
from nova_gs.devcloud import processes
from nova_gs.devcloud import settings
from tests.functional import base

#: Seconds from SIGTERM to the exit of a start that waits.
PROMISE = 2

#: Seconds of processor time within which our first line of code has run;
#: until then Python leaves signals to the kernel.
DEAF = 0.1

COMPUTE, CONDUCTOR, API = 'nova-compute', 'nova-conductor', 'nova-api'

#: Lines that say that a program is of use.
SERVES = {COMPUTE: 'nova-compute serves', CONDUCTOR: 'nova-conductor serves',
          API: 'nova-api listens'}

EMPTY = 'sqlite:///{directory}/empty.sqlite'
NO_BROKER = 'rabbit://guest:guest@127.0.0.1:1/'


@dataclasses.dataclass(frozen=True)
class Case:
    """One wrong option and what a start says about it.

    :param says: how its one line begins, ``{directory}`` being the cloud's
    :param what_to_do: what the line also contains
    """

    program: str
    option: str
    value: str
    says: str
    what_to_do: str


#: The start ends with exit code 1.
ENDS = (
    Case(COMPUTE, 'DEFAULT.report_interval', 'often',
         'report_interval: ', 'Correct it in {directory}/etc/'),
    Case(COMPUTE, 'DEFAULT.graceful_shutdown_timeout', '-5',
         'graceful_shutdown_timeout: ', 'Correct it in {directory}/etc/'),
    Case(COMPUTE, 'DEFAULT.compute_driver', 'xen',
         'compute_driver: There is no driver "xen". ',
         'Name one that is installed: fake, libvirt.'),
    Case(COMPUTE, 'compute.rpc_workers', '0',
         '[compute] rpc_workers: ', 'Correct it in {directory}/etc/'),
    Case(COMPUTE, 'oslo_messaging_rabbit.heartbeat_rate', 'often',
         '[oslo_messaging_rabbit] heartbeat_rate: ',
         'Correct it in {directory}/etc/'),
    Case(COMPUTE, 'shutdown.abort_reserve', '200',
         '[shutdown] abort_reserve and release_reserve: 200 s and 20 s do '
         'not fit into graceful_shutdown_timeout',
         'larger than 220'),
    Case(COMPUTE, 'DEFAULT.state_path', '{directory}/file/state',
         'state_path: {directory}/file/state cannot be used',
         'Name a directory'),
    Case(COMPUTE, 'DEFAULT.transport_url', 'pigeon://guest:guest@loft/',
         'transport_url: ', 'Name a broker as rabbit://'),
    Case(COMPUTE, 'DEFAULT.transport_url', 'rabbit://guest:guest@host:port/',
         'transport_url: ', 'Name a broker as rabbit://'),
    Case(COMPUTE, 'DEFAULT.log_file', '{directory}/file/log',
         'log_file: ', 'Name a file'),
    Case(CONDUCTOR, 'DEFAULT.report_interval', '0',
         'report_interval: ', 'Correct it in {directory}/etc/'),
    Case(CONDUCTOR, 'database.connection', EMPTY,
         '[database] connection: the database has schema (none)',
         'Run "nova-manage db sync"'),
    Case(CONDUCTOR, 'database.connection', 'sqlite:///{directory}/no/db',
         '[database] connection: directory {directory}/no is missing',
         'Make it, or name another'),
    Case(API, 'database.connection', EMPTY,
         '[database] connection: the database has schema (none)',
         'Run "nova-manage db sync"'),
    Case(API, 'api.bind_port', '{api_port}',
         '[api] bind_port: nova-api cannot listen on 127.0.0.1 port '
         '{api_port}', 'Stop the other program, or set another'),
    Case(API, 'api.bind_port', '70000',
         '[api] bind_port: ', 'Correct it in {directory}/etc/'),
    Case(API, 'api.bind_host', '0.0.0.0',
         '[api] bind_host: 0.0.0.0 can be reached from other machines',
         'Set bind_host = 127.0.0.1 or auth_strategy'),
    Case(API, 'api.bind_host', '192.0.2.1',
         '[api] bind_host: 192.0.2.1 can be reached',
         'Set bind_host = 127.0.0.1'),
)

#: The start says it once, and waits.
WAITS = (
    Case(COMPUTE, 'DEFAULT.transport_url', NO_BROKER,
         'Waiting for the broker, trying every 1 s: transport_url: ',
         'Start it, or correct the option.'),
    Case(COMPUTE, 'DEFAULT.transport_url', '{broker_of_others}',
         'Waiting for the broker, trying every 1 s: transport_url: ',
         'ACCESS_REFUSED'),
    Case(COMPUTE, 'libvirt.connection_uri',
         'qemu:///system?socket={directory}/nothing',
         'Waiting for the hypervisor, trying every 1 s: ',
         'Start libvirtd, or correct [libvirt] connection_uri.'),
    Case(COMPUTE, 'fake.hypervisor_socket', '{directory}/nothing',
         'Waiting for the hypervisor, trying every 1 s: The hypervisor at '
         '{directory}/nothing is not available',
         'set [fake]hypervisor_socket'),
    Case(COMPUTE, 'DEFAULT.control_exchange', 'elsewhere',
         'Waiting for the conductor, trying every 1 s: ',
         'Start nova-conductor, with the same transport_url.'),
    Case(COMPUTE, 'DEFAULT.state_path', '{directory}/state/host-a',
         'Another nova-compute (pid ', 'Stop it, or give this one a '
         'state_path of its own. Waiting for it to end.'),
    Case(CONDUCTOR, 'DEFAULT.transport_url', NO_BROKER,
         'Waiting for the broker, trying every 1 s: transport_url: ',
         'Start it, or correct the option.'),
    Case(CONDUCTOR, 'database.connection',
         'mysql+pymysql://nova:nova@127.0.0.1:1/nova',
         'Waiting for the database, trying every 1 s: [database] connection: ',
         'Start its server, or correct the option.'),
)


def hears(pid, number):
    """Return whether a process has a handler for a signal."""
    try:
        with open('/proc/%d/status' % pid) as status:
            caught = re.search(r'^SigCgt:\s*(\w+)', status.read(), re.M)[1]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return bool(int(caught, 16) >> (number - 1) & 1)


def processor_time(pid):
    """Return the processor time that a process has used, in seconds."""
    with open('/proc/%d/stat' % pid) as stat:
        fields = stat.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class StartTestCase(base.CloudTestCase):
    """Starts of single programs beside a cloud that has none of its own."""

    OPTIONS = {'driver': 'fake', 'hosts': 1}
    HOST = 'host-a'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbers = itertools.count()
        with open(cls.cloud.layout.path('file'), 'w'):
            pass

    def part(self, program):
        """Return the part of the cloud that runs a program."""
        return {COMPUTE: self.cloud.part(self.HOST),
                CONDUCTOR: self.cloud.parts.conductors[0],
                API: self.cloud.parts.api}[program]

    def fill(self, text):
        """Fill in what a case knows by name only."""
        url = self.cloud.broker.url
        return text.format(
            directory=self.cloud.layout.directory,
            api_port=self.part(API).site.api_port,
            broker_of_others=url.replace('guest:guest', 'guest:wrong'))

    @contextlib.contextmanager
    def started(self, program, option=None, value=None):
        """Start a program; yield its ``processes.Process``; end it.

        :param option: 'SECTION.OPTION' that gets a value
        """
        name = 'spare%d' % next(self.numbers)
        part, layout = self.part(program), self.cloud.layout
        sections = part.site.common(name)
        for section, options in part.sections().items():
            sections.setdefault(section, {}).update(options)
        if program == API:
            # Within the cloud's block, and used by nothing else.
            sections['api']['bind_port'] = part.site.api_port + 12
        if option:
            section, name_of_option = option.split('.')
            sections.setdefault(section, {})[name_of_option] = value
            if section == 'libvirt':
                sections['DEFAULT']['compute_driver'] = 'libvirt'
        with open(layout.config(name), 'w') as config:
            config.write(settings.render(sections))
        process = processes.Process(layout, name)
        process.launch(
            environment.command(program, '--config-file',
                                layout.config(name)),
            environment.of_services(), os.getpid())
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)

    def output(self, process):
        with open(process.log) as log:
            return log.read()

    def lines(self, process, *marks):
        """Return the lines of a log that have one of the marks."""
        return [line for line in self.output(process).splitlines()
                if any(mark in line for mark in marks)]

    def await_line(self, process, mark):
        self.await_that('"%s" in the log' % mark,
                        lambda: mark in self.output(process))

    def assert_terminates(self, process):
        """SIGTERM ends it soon, with exit code 0, and without a traceback."""
        sent = self.clock.utcnow().timestamp()
        process.send_signal(signal.SIGTERM)
        record = process.wait(30)
        self.assertEqual(0, record['exit_code'], self.output(process))
        self.assertNotIn('Traceback', self.output(process))
        took = record['ended_at'] - sent
        self.assertLess(took, base.within(PROMISE))
        return took


class TestBadStart(StartTestCase):

    def test_ends(self):
        """One line that names the option and what to do, and exit code 1."""
        for case in ENDS[::self.times(3, 1)]:
            with self.started(case.program, case.option,
                              self.fill(case.value)) as process:
                record = process.wait(30)
                self.assertIsNotNone(record, case)
                said = self.output(process)
                self.assertEqual(1, record['exit_code'], (case, said))
                self.assertEqual(1, said.count('\n'), said)
                self.assertThat(said, testtools.matchers.StartsWith(
                    'ERROR: ' + self.fill(case.says)))
                self.assertIn(self.fill(case.what_to_do), said)

    def test_waits(self):
        """One line that says it, and SIGTERM is heard."""
        took = []
        for case in WAITS[::self.times(2, 1)]:
            says = self.fill(case.says)
            with self.started(case.program, case.option,
                              self.fill(case.value)) as process:
                self.await_line(process, says)
                took.append(self.assert_terminates(process))
                said = self.lines(process, ' WARNING ', ' ERROR ')
                self.assertEqual(1, len(said), said)
                self.assertIn('] ' + says, said[0])
                self.assertIn(self.fill(case.what_to_do), said[0])
        self.figure('8 SIGTERM to exit while a start waits', runs=len(took),
                    median_s=round(figures.percentile(took, 50), 3),
                    max_s=round(max(took), 3))

    def test_api_needs_no_broker(self):
        """It records what it is asked, so it serves all the same."""
        with self.started(API, 'DEFAULT.transport_url',
                          NO_BROKER) as process:
            self.await_line(process, SERVES[API])
            self.assert_terminates(process)

    def test_goes_on_with_the_hypervisor(self):
        """A start that has waited serves once the hypervisor is there."""
        self.cloud.stop('hypervisor@' + self.HOST)
        with self.started(COMPUTE) as process:
            self.await_line(process, 'Waiting for the hypervisor')
            self.cloud.start('hypervisor@' + self.HOST)
            self.await_line(process, SERVES[COMPUTE])
            self.assertEqual(1, len(self.lines(process, 'Waiting for')))
            self.assert_terminates(process)

    def test_goes_on_with_the_conductor(self):
        """The same for the conductor, tried in vain more than once."""
        conductor = self.part(CONDUCTOR).name
        self.cloud.stop(conductor)
        with self.started(COMPUTE) as process:
            self.await_line(process, 'Waiting for the conductor')
            self.cloud.start(conductor)
            self.await_line(process, SERVES[COMPUTE])
            self.assertEqual(1, len(self.lines(process, 'Waiting for')))
            self.assert_terminates(process)

    def test_second_start_takes_over(self):
        """It serves once the first has left, not before."""
        path = self.cloud.layout.state_path('spare')
        with self.started(COMPUTE, 'DEFAULT.state_path', path) as first:
            self.await_line(first, SERVES[COMPUTE])
            with self.started(COMPUTE, 'DEFAULT.state_path', path) as second:
                self.await_line(second, 'Another nova-compute (pid %d)' % (
                    first.pid()))
                self.assertNotIn(SERVES[COMPUTE], self.output(second))
                self.assert_terminates(first)
                self.await_line(second, SERVES[COMPUTE])
                self.assert_terminates(second)
