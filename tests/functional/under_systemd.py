"""Services of a cloud that run by the units that are shipped."""

import pathlib
import re
import sys

import testtools

from nova_gs.devcloud import environment
from tests.fixtures import real_systemd
from tests.functional import base

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ROOT / 'etc' / 'systemd'

#: What keeps a systemd from running here, or None.
OBSTACLE = real_systemd.obstacle()

_PERCENT = re.compile(r'(\d+) % done')

#: Stands in for libvirtd where the hypervisor is another one.
_TOY = '[Service]\nExecStart=/bin/sleep infinity\n'


def unit_text(name):
    """Return what a file of ``UNITS`` says."""
    return (UNITS / name).read_text(encoding='utf-8')


def percents(texts):
    """Return how far a stop was in each of its status texts that say it."""
    return [int(found[1]) for text in texts
            if (found := _PERCENT.search(text))]


class SystemdTestCase(base.CloudTestCase):
    """Parts of the cloud run in a machine of their own, below its systemd.

    Files and network are those of the cloud.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = real_systemd.RealSystemd(
            [str(ROOT), sys.prefix, cls.cloud.layout.directory])
        cls.machine.setUp()
        cls.addClassCleanup(cls.machine.cleanUp)
        cls.machine.install('libvirtd.service', _TOY)

    def run_by_unit(self, name, *lines, config='', **drop_ins):
        """Start a part of the cloud by its unit, and wait until it is ready.

        :param name: of the part, which is stopped first
        :param lines: of the unit's [Service], for this test
        :param config: more options of the service
        :param drop_ins: of the unit, by name
        :returns: the ``real_systemd.Unit``
        """
        part = self.cloud.part(name)
        self.cloud.stop(name)
        more = self.cloud.layout.path('etc', 'more.conf')
        with open(more, 'w', encoding='utf-8') as out:
            out.write(config)
        command = environment.command(
            part.program, '--config-file', part.config,
            '--config-file', more)
        test = ['[Service]', 'User=', 'Group=', 'SupplementaryGroups=',
                'ExecStart=', 'ExecStart=' + ' '.join(
                    '"%s"' % word.replace('%', '%%') for word in command),
                'Environment=PYTHONUNBUFFERED=1 PYTHONPATH=%s'
                % ROOT, *lines]
        file = part.program + '.service'
        unit = self.machine.install(file, unit_text(file), **drop_ins,
                                    zz_test='\n'.join(test) + '\n')
        self.addCleanup(self._end, unit)
        unit.do('start')
        self.await_that('it is ready', part.ready)
        return unit

    def visible(self):
        """Return lines of a [Service] that show what a profile hides.

        What a test needs is below /tmp and /root.
        """
        directory = self.cloud.layout.directory
        return ['BindPaths=' + directory, 'ReadWritePaths=' + directory,
                'ProtectHome=tmpfs', 'BindReadOnlyPaths=%s %s %s' % (
                    ROOT, sys.prefix, sys.base_prefix)]

    def stop_unit(self, unit):
        """Stop a unit and watch it.

        :returns: (its states, its status texts, seconds)
        """
        began = self.clock.now()
        unit.do('stop', '--no-block')
        states, texts = [], []

        def look():
            state, text = unit.show('ActiveState', 'StatusText')
            states.extend([state] if states[-1:] != [state] else [])
            texts.extend([text] if texts[-1:] != [text] else [])
            return state in ('inactive', 'failed')

        self.await_that('it has stopped', look, 240, every=0.1)
        return states, texts, self.clock.now() - began

    def _end(self, unit):
        self.addDetail('journal', testtools.content.text_content(
            unit.journal()))
        unit.do('kill', '-s', 'KILL', check=False)
        self.await_that('it is over', lambda: unit.state() in (
            'inactive', 'failed', 'activating'))
        unit.do('stop', check=False)
        unit.do('reset-failed', check=False)
