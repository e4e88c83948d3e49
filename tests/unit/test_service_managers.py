"""What etc/ gives service managers fits to what the services do."""

import configparser
import pathlib

import yaml

from nova_gs.consoles import server
from nova_gs.shutdown import lease
from nova_gs.shutdown import policy
from nova_gs.shutdown import unit
from tests.unit import base

ETC = pathlib.Path(__file__).resolve().parents[2] / 'etc'
UNITS = ETC / 'systemd'

#: What poweroff.target and reboot.target of systemd allow, in seconds.
HOST_SHUTDOWN = 30 * 60


class UnitsTestCase(base.TestCase):

    def read(self):
        """Yield (name, sections) of each unit."""
        for path in sorted(UNITS.glob('*.service')):
            # Options may come more than once; the last one is enough here.
            parser = configparser.ConfigParser(
                strict=False, interpolation=None)
            parser.optionxform = str
            parser.read(path)
            yield path.name, parser

    def test_all_are_there(self):
        self.assertEqual(
            ['nova-api.service', 'nova-compute.service',
             'nova-conductor.service', 'nova-novncproxy.service'],
            [name for name, _ in self.read()])

    def test_a_stop_has_the_time_it_may_take(self):
        budgets = {'nova-novncproxy.service':
                   self.conf.vnc.stop_grace + server.ENDED_WITHIN}
        for name, unit_file in self.read():
            needed = lease.needed(budgets.get(
                name, self.conf.graceful_shutdown_timeout))
            seconds = unit.parse(
                unit_file['Service']['TimeoutStopSec'] + 's')
            self.assertTrue(needed <= seconds < HOST_SHUTDOWN, name)

    def test_exits_that_are_meant_start_nothing_anew(self):
        meant = ' '.join(str(int(code)) for code in (
            policy.ExitCode.LEFT_WORK, policy.ExitCode.FORCED))
        for name, unit_file in self.read():
            self.assertEqual(
                meant, unit_file['Service']['RestartPreventExitStatus'],
                name)

    def test_what_the_services_count_on(self):
        for name, unit_file in self.read():
            for option, value in (
                    ('Type', 'notify'), ('NotifyAccess', 'main'),
                    ('KillMode', 'mixed'),
                    ('ExecReload', '/bin/kill -HUP $MAINPID')):
                self.assertEqual(
                    value, unit_file['Service'][option], name)
            self.assertIn('/%s ' % name.removesuffix('.service'),
                          unit_file['Service']['ExecStart'])

    def test_nothing_stops_a_compute_but_who_means_it(self):
        text = (UNITS / 'nova-compute.service').read_text()
        for option in ('Requires=', 'BindsTo=', 'PartOf=', 'Requisite='):
            self.assertNotIn('\n' + option, text)


class KubernetesTestCase(base.TestCase):

    def test_both_know_the_same_grace_period(self):
        text = (ETC / 'kubernetes' / 'nova-compute.yaml').read_text()
        pod = yaml.safe_load(text)['spec']['template']['spec']
        told = {one['name']: one['value']
                for one in pod['containers'][0]['env']}
        seconds = float(told[unit.VARIABLE])
        self.assertEqual(pod['terminationGracePeriodSeconds'], seconds)
        self.assertGreaterEqual(seconds, lease.needed(
            self.conf.graceful_shutdown_timeout))
