"""Show, rename and delete servers."""

from oslo_utils import uuidutils

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.api import base


class ShowTestCase(base.ApiTestCase):

    def test_not_there(self):
        for name in ('name', uuidutils.generate_uuid()):
            self.assert_fault(404, name,
                              self.request('GET', 'servers/' + name))

    def test_brief_list(self):
        instance = self.add_instance()
        server, = self.get('servers')['servers']
        self.assertEqual({'id', 'name', 'links'}, set(server))
        self.assertEqual(instance.uuid, server['id'])
        self.assertEqual(['self', 'bookmark'],
                         [link['rel'] for link in server['links']])


class UpdateTestCase(base.ApiTestCase):

    def test_rename(self):
        instance = self.add_instance()
        result = self.request('PUT', 'servers/' + instance.uuid, {
            'server': {'name': 'new', 'description': 'why'}})
        self.assertEqual('new', result.json['server']['name'])
        instance = self.reload(instance)
        self.assertEqual(('new', 'why'),
                         (instance.display_name, instance.description))

    def test_answers_in_full_since_75(self):
        instance = self.add_instance()
        for minor, full in ((74, False), (75, True)):
            server = self.request('PUT', 'servers/' + instance.uuid, {
                'server': {}}, minor=minor).json['server']
            self.assertEqual(full, 'OS-EXT-STS:task_state' in server)


class DeleteTestCase(base.ApiTestCase):

    def delete(self, instance):
        result = self.request('DELETE', 'servers/' + instance.uuid)
        if result.status_code == 204:
            self.assertEqual('', result.text)
        return result

    def gone(self, instance):
        """Say whether the record is deleted."""
        try:
            self.reload(instance)
        except exception.InstanceNotFound:
            return True
        return False

    def test_on_a_host(self):
        instance = self.add_instance()
        self.assertEqual(204, self.delete(instance).status_code)
        operation, = self.operations(instance)
        self.assertEqual(
            ('delete', 'delete_instance', 'host1'),
            (operation.kind, operation.step, operation.host))
        self.assertEqual([('delete_instance', 'host1', operation.uuid)],
                         self.publisher.published)
        self.assertEqual('deleting', self.reload(instance).task_state)

    def test_again(self):
        instance = self.add_instance()
        for _ in range(2):
            self.assertEqual(204, self.delete(instance).status_code)
        self.assertEqual(1, len(self.operations(instance)))

    def test_while_something_else_runs(self):
        instance = self.add_instance()
        self.assertEqual(202, self.act(
            instance, 'reboot', {'type': 'SOFT'}).status_code)
        self.assertEqual(204, self.delete(instance).status_code)
        self.assertEqual(['reboot', 'delete'], [
            operation.kind for operation in self.operations(instance)])

    def test_host_is_down(self):
        self.services['host1'].set_status(forced_down=True)
        self.assertEqual(204, self.delete(self.add_instance()).status_code)

    def test_host_drains(self):
        self.drain('host1')
        instance = self.add_instance()
        self.assert_fault(409, 'SIGTERM', self.delete(instance))
        self.assertIsNone(self.reload(instance).task_state)

    def test_quiesced_host_still_lets_go(self):
        self.drain('host1', fields.ServicePhase.QUIESCED)
        self.assertEqual(204, self.delete(self.add_instance()).status_code)

    def test_without_a_host(self):
        instance = self.add_instance(host=None, vm_state='error')
        self.assertEqual(204, self.delete(instance).status_code)
        self.assertTrue(self.gone(instance))
        self.assertEqual([], self.operations(instance))
        self.assertEqual([], self.publisher.published)

    def test_before_a_host_was_chosen(self):
        instance, build = self.building()
        self.assertEqual(204, self.delete(instance).status_code)
        self.assertTrue(self.gone(instance))
        build = objects.Operation.get_by_uuid(self.ctxt, build.uuid)
        self.assertEqual('aborted', build.state)

    def test_while_a_host_is_chosen(self):
        instance, build = self.building()
        build = objects.Operation.claim(
            self.ctxt, build.uuid, 'build_server', 'conductor', 'delivery')
        self.assert_fault(409, 'Try again', self.delete(instance))
        build.offer('build_instance', host='host1', reserve_on='host1')
        self.assertEqual(204, self.delete(instance).status_code)
        self.assertEqual('host1', self.operations(instance)[-1].host)

    def test_what_an_earlier_request_left(self):
        instance = self.add_instance(host=None, vm_state='error')
        objects.Operation.accept(
            self.ctxt, instance, 'delete', 'delete_instance', 'deleting',
            task_states=None)
        self.assertEqual(204, self.delete(instance).status_code)
        self.assertTrue(self.gone(instance))

    def building(self):
        """Return an instance and its build that nobody has claimed."""
        instance = self.add_instance(
            host=None, vm_state='building', task_state='scheduling')
        return instance, objects.Operation.accept(
            self.ctxt, instance, 'build', 'build_server', 'scheduling',
            task_states=('scheduling',))
