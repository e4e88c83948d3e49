"""From a token to a screen, and why there is none."""

import fixtures

from nova_gs.consoles import finder
from nova_gs.consoles import outlook
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.fixtures import rpcapi
from tests.unit.db import base


class TestFinder(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.compute = rpcapi.FakeComputeAPI()
        self.finder = finder.Finder(self.compute)
        self.instance = self.make_instance()
        self.token = objects.ConsoleToken.hand_out(
            self.context, self.instance, 'novnc', 600)
        self.service = objects.Service.register(
            self.context, 'host1', fields.Binary.COMPUTE, 'compute', 6, 'me')

    def not_there(self, token=None):
        return self.assertRaises(
            finder.NotThere, self.finder.find, token or self.token).outlook

    def fail(self, error):
        self.compute.errors['validate_console_port'] = error

    def test_where_the_guest_is_now(self):
        for host in ('host1', 'host2'):
            self.instance.host = host
            self.instance.save()
            self.assertEqual(
                finder.Place(host, ('192.0.2.7', 5900), 'novnc'),
                self.finder.find(self.token))
        self.assertEqual([('validate_console_port', host, 'novnc')
                          for host in ('host1', 'host2')],
                         self.compute.calls)

    def test_serial(self):
        token = objects.ConsoleToken.hand_out(
            self.context, self.instance, 'serial', 600)
        self.assertEqual('serial', self.finder.find(token).console_type)
        self.assertEqual([('validate_console_port', 'host1', 'serial')],
                         self.compute.calls)

    def test_a_draining_host_is_asked_too(self):
        self.service.announce(fields.ServicePhase.DRAINING, 'SIGTERM')
        self.assertEqual('host1', self.finder.find(self.token).host)
        self.assertEqual(
            outlook.DRAINING, self.finder.outlook(self.token))

    def test_no_such_token(self):
        self.assertEqual(outlook.EXPIRED, self.not_there('x'))
        self.assertEqual(outlook.EXPIRED, self.finder.outlook('x'))
        self.assertEqual([], self.compute.calls)

    def test_no_such_console(self):
        self.fail(exception.ConsoleTypeUnavailable(
            instance_id='x', console_type='novnc', why='none'))
        self.assertEqual(outlook.NO_CONSOLE, self.not_there())

    def test_on_its_way(self):
        self.fail(exception.GuestNotFound(instance_id='x'))
        self.instance.task_state = fields.TaskState.MIGRATING
        self.instance.save()
        self.assertEqual(outlook.LEAVING, self.not_there())
        self.assertEqual(outlook.MOVING, self.finder.outlook(self.token))

    def test_moved(self):
        self.instance.host = 'host2'
        self.instance.save()
        self.assertEqual(
            outlook.MOVED, self.finder.end(self.token, 'host1'))

    def test_host_does_not_answer(self):
        self.compute.no_answer('validate_console_port')
        self.assertEqual(outlook.LOST, self.not_there())
        self.service.announce(fields.ServicePhase.STOPPED, 'bye')
        self.assertEqual(outlook.AWAY, self.not_there())

    def test_without_a_host(self):
        self.instance.host = None
        self.instance.save()
        self.assertEqual(outlook.OFF, self.not_there())
        self.assertEqual([], self.compute.calls)

    def test_nobody_answers(self):
        def call(*args):
            raise exception.PeerUnavailable(
                service='conductor', host='any host', method='x', reason='y')

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.console_token.ConsoleToken.get_by_hash', call))
        self.assertEqual(outlook.LOST, self.not_there())
