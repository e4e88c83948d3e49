"""nova-manage service."""

import datetime
import json

import fixtures

from nova_gs import context
from nova_gs import objects
from nova_gs.objects import fields
from tests.fixtures import database
from tests.unit.cmd.manage import base


class ServiceTestCase(base.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(database.SQLite(self.conf))
        self.service = objects.Service.register(
            context.get_admin_context(), 'host1', fields.Binary.COMPUTE,
            'compute', 3, 'me')
        #: What hosts were told, and why one could not be.
        self.told, self.problem = [], None
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.cmd.manage.hosts.tell', self.tell))

    def tell(self, conf, records, host, method, **arguments):
        self.told.append((host, method, arguments))
        return self.problem

    def phase(self):
        shown, = json.loads(self.run_it('service', 'list', '--json')[1])
        return shown['phase'], shown['phase_reason']

    def test_list(self):
        self.service.announce('draining', 'SIGTERM')
        self.assertIn('draining', self.run_it('service', 'list')[1])
        self.assertEqual(('draining', 'SIGTERM'), self.phase())

    def test_drain_and_resume(self):
        code, said, _ = self.run_it('service', 'drain', 'host1', '--reason',
                                    'new fans', '--deadline', '60')
        self.assertEqual((0, 'host1 takes no new work, and lets go what it '
                             'has.\n'), (code, said))
        self.assertEqual(('quiesced', 'new fans'), self.phase())
        code, said, _ = self.run_it('service', 'resume', 'host1')
        self.assertEqual((0, 'host1 takes work again.\n'), (code, said))
        self.assertEqual(('serving', None), self.phase())
        (host, method, arguments), resuming = self.told
        self.assertEqual(('host1', 'quiesce_host', 'new fans'),
                         (host, method, arguments['reason']))
        deadline = datetime.datetime.fromisoformat(arguments['deadline'])
        self.assertIsNotNone(deadline.tzinfo)
        self.assertEqual(('host1', 'resume_host', {}), resuming)

    def test_json(self):
        shown = json.loads(self.run_it('service', 'drain', 'host1',
                                       '--json')[1])
        self.assertEqual(('quiesced', True), (shown['phase'], shown['told']))
        self.problem = 'no broker'
        shown = json.loads(self.run_it('service', 'resume', 'host1',
                                       '--json')[1])
        self.assertEqual(('serving', False), (shown['phase'], shown['told']))

    def test_a_host_that_cannot_be_told_has_its_record(self):
        self.problem = 'no broker'
        code, said, _ = self.run_it('service', 'drain', 'host1')
        self.assertEqual(0, code)
        self.assertIn('no broker. It goes by its record', said)
        self.assertEqual('quiesced', self.phase()[0])

    def test_a_host_that_is_not_there(self):
        for verb in ('drain', 'resume'):
            self.assert_complains(1, 'nova-compute on host host2', 'service',
                                  verb, 'host2')

    def test_a_host_that_stops(self):
        self.service.announce('draining', 'SIGTERM')
        for verb in ('drain', 'resume'):
            self.assert_complains(1, 'is being stopped', 'service', verb,
                                  'host1')
        self.assertEqual([], self.told)
