"""nova-manage operation."""

import json

from nova_gs import context
from nova_gs import objects
from tests.fixtures import database
from tests.unit.cmd.manage import base


class OperationTestCase(base.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(database.SQLite(self.conf))
        self.context = context.get_admin_context()
        self.operation = objects.Operation.accept(
            self.context, objects.Instance(
                self.context, uuid='1f0c1b1e-0000-4000-8000-000000000000'),
            'build', 'build_instance', 'spawning', host='host1')

    def test_list(self):
        def listed(*options):
            return [one['uuid'] for one in json.loads(
                self.run_it('operation', 'list', '--json', *options)[1])]

        uuid = self.operation.uuid
        self.assertIn(uuid, self.run_it('operation', 'list')[1])
        self.assertEqual([uuid], listed('--host', 'host1'))
        self.assertEqual([], listed('--host', 'host2'))
        objects.Operation.cancel_offered(self.context, uuid, 'failed', 'no')
        self.assertEqual([], listed())
        self.assertEqual([uuid], listed('--all'))

    def test_show(self):
        uuid = self.operation.uuid
        code, said, _ = self.run_it('operation', 'show', uuid)
        self.assertEqual(0, code)
        for words in (uuid, 'build_instance', 'accepted', 'host1'):
            self.assertIn(words, said)

    def test_show_json_has_what_it_is_about(self):
        shown = json.loads(self.run_it(
            'operation', 'show', self.operation.uuid, '--json')[1])
        self.assertEqual(self.operation.uuid, shown['uuid'])
        self.assertEqual('spawning', shown['instance']['task_state'])

    def test_show_what_is_not_there(self):
        self.assert_complains(1, 'Operation nothing could not be found',
                              'operation', 'show', 'nothing')
