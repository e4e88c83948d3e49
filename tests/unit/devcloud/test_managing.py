"""Several commands of nova-manage in one process."""

import json

import fixtures

from nova_gs.devcloud import managing
from tests.unit import base


class TestManaging(base.TestCase):

    def setUp(self):
        super().setUp()
        self.fails = None
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.cmd.common.configure',
            lambda program, options: (program, *options)))
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.cmd.manage.program.execute', self._execute))

    def _execute(self, arguments, conf):
        self.assertEqual(('nova-manage', '--config-file', '/etc/n.conf'),
                         conf)
        self.ran.append(arguments.noun)
        return 3 if arguments.noun == self.fails else 0

    def manage(self, *commands):
        self.ran = []
        return managing.main(['/etc/n.conf', *map(json.dumps, commands)])

    def test_in_their_order_until_one_fails(self):
        commands = (['db', 'sync'], ['image', 'list'], ['service', 'list'])
        for fails, code, ran in (
                (None, 0, ['db', 'image', 'service']),
                ('image', 3, ['db', 'image'])):
            self.fails = fails
            self.assertEqual(code, self.manage(*commands))
            self.assertEqual(ran, self.ran)
