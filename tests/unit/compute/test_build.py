"""Making and removing guests: what the driver is asked, what is recorded."""

import fixtures

from nova_gs.compute import build
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit.db import base


class TestBuild(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.operation = compute.FakeOperation()
        self.image = objects.Image(
            self.context, name='ticker', path='/images/ticker',
            disk_format='raw', size=512, checksum='c')
        self.image.create()

    def test_build(self):
        self.operation.params = {'image_id': self.image.id}
        changes = build.build(self.host, self.operation, self.context)
        (what, image), = self.host.driver.calls
        self.assertEqual(('spawn', '/images/ticker'), (what, image.path))
        self.assertEqual(
            ('active', 1, self.host.clock.utcnow().isoformat()),
            (changes['vm_state'], changes['power_state'],
             changes['launched_at']))

    def test_guest_that_waits_is_made_to_stand_still(self):
        self.operation.params = {'image_id': self.image.id}
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.compute.ports.bind', lambda *args: True))
        self.assertIs(build.WAITS, build.build(
            self.host, self.operation, self.context))
        self.assertEqual(driver.PowerState.PAUSED,
                         self.host.driver.power_state)

    def test_what_was_deleted_meanwhile_is_not_built(self):
        """Both were begun; the delete was faster."""
        self.operation.params = {'image_id': self.image.id}
        build.delete(self.host, self.operation)
        del self.host.driver.calls[:]
        self.assertRaises(exception.InstanceNotFound, build.build, self.host,
                          self.operation, self.context)
        self.assertEqual([], self.host.driver.calls)

    def test_image_that_is_gone(self):
        self.operation.params = {'image_id': 'no such image'}
        self.assertRaises(exception.ImageNotFound, build.build, self.host,
                          self.operation, self.context)
        self.assertEqual([], self.host.driver.calls)

    def test_what_may_have_been_made_is_removed(self):
        """Also when it takes a while until the hypervisor can be asked."""
        self.operation.params = {'image_id': self.image.id}
        self.host.driver.errors['spawn'] = exception.HypervisorUnavailable(
            uri='here', reason='the connection ended before the answer')
        self.assertRaises(
            exception.HypervisorUnavailable, build.build, self.host,
            self.operation, self.context)
        self.assertEqual(['spawn', 'destroy'], self.host.driver.names())

    def test_try_elsewhere(self):
        failure = exception.HypervisorError(reason='its disk is full')
        for params, error, tried in (
                ({}, failure, True),
                ({'failed_on': {'host2': 'no'}}, failure, True),
                ({'failed_on': {'host2': 'no', 'host3': 'no'}}, failure,
                 False),
                ({'host': 'host1'}, failure, False),
                ({}, exception.NetworkFailed(reason='no agent'), True),
                ({}, exception.CalledOff(task='A build', reason='so'), True),
                ({}, exception.PortNotPluggedInTime(
                    timeout=1, events='e', host='h'), False),
                ({}, exception.ImageNotFound(image_id='i'), False)):
            operation = compute.FakeOperation()
            operation.params = params
            del self.host.publisher.sent[:]
            self.assertEqual(tried, build.try_elsewhere(
                self.host, self.context, operation, error))
            self.assertEqual(
                tried * [('build_server', None)], self.host.publisher.sent)
            if tried:
                what, values = operation.last()
                self.assertEqual(
                    dict(params.get('failed_on', {}), host1=str(error)),
                    values['params']['failed_on'])
                self.assertEqual(
                    {'host': None, 'node': None,
                     'task_state': 'scheduling'}, values['instance'])
                self.assertEqual(str(error), values['error'])

    def test_all_reasons(self):
        self.operation.params = {
            'failed_on': {'b': 'It is full.', 'a': 'It is slow.'}}
        self.assertEqual(
            'No. Before, on host a: It is slow. Before, on host b: It is '
            'full.', build.all_reasons(self.operation, 'No.'))

    def test_follow(self):
        instance = self.make_instance()
        self.operation.instance_uuid = instance.uuid
        instance.host = 'host2'
        instance.save()
        build.follow(self.host, self.context, self.operation)
        what, values = self.operation.last()
        self.assertEqual(('offer', self.operation.step, 'host2'), (
            what, values['step'], values['host']))
        self.assertEqual(1, len(self.host.publisher.sent))

    def test_failed_build_keeps_no_room(self):
        changes = build.when_build_failed(
            self.host, self.operation, 'disk full')
        self.assertEqual(('error', None, None), (
            changes['vm_state'], changes['host'], changes['node']))
        self.assertEqual((500, 'disk full'), (
            changes['fault']['code'], changes['fault']['message']))

    def test_changes_are_fields_of_an_instance(self):
        self.operation.params = {'image_id': self.image.id}
        for changes in (
                build.build(self.host, self.operation, self.context),
                build.when_build_failed(self.host, self.operation, 'r'),
                build.delete(self.host, self.operation)):
            objects.Instance.pack(changes)

    def test_delete(self):
        changes = build.delete(self.host, self.operation)
        self.assertEqual(['destroy'], self.host.driver.names())
        self.assertEqual(('deleted', True, 0), (
            changes['vm_state'], changes['deleted'],
            changes['power_state']))
