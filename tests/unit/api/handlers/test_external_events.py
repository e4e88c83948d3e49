"""What other services tell, and what becomes of each event."""

import types

from nova_gs.api.handlers import external_events
from nova_gs.api import middleware
from nova_gs.api.schemas import external_events as schema
from nova_gs import objects
from tests.unit.api import base
from tests.unit.api.handlers import test_locks as users

PLUGGED = 'network-vif-plugged'
NOBODY = '00000000-0000-4000-8000-000000000000'


class ExternalEventsTestCase(base.ApiTestCase):

    def tell(self, *events, **kwargs):
        return self.request('POST', 'os-server-external-events',
                            {'events': list(events)}, **kwargs)

    def event(self, instance, name=PLUGGED, tag='port', **more):
        event = {'server_uuid': getattr(instance, 'uuid', instance),
                 'name': name, **more}
        return event if tag is None else dict(event, tag=tag)

    def recorded(self, instance):
        return [(event.name, event.tag, event.status)
                for event in objects.ExternalEventList.since(
                    self.ctxt, instance.uuid, 0)]

    def told(self):
        """Return [(host, names of the events)]."""
        return [(host, [event['name'] for event in events])
                for _, host, events in self.compute.calls]

    def test_accepted(self):
        """As Neutron sends it, by the oldest version."""
        instance = self.add_instance()
        event = self.event(instance, status='completed')
        result = self.tell(event, minor=1)
        self.assertEqual(
            (200, {'events': [dict(event, code=200)]}),
            (result.status_code, result.json))
        self.assertEqual([(PLUGGED, 'port', 'completed')],
                         self.recorded(instance))
        self.assertEqual([('host1', [PLUGGED])], self.told())

    def test_each_has_its_code(self):
        here, homeless = self.add_instance(), self.add_instance(host=None)
        result = self.tell(
            self.event(here, tag=None), self.event(NOBODY),
            self.event(homeless),
            self.event(here, 'volume-extended', tag=None))
        self.assertEqual(207, result.status_code)
        self.assertEqual(
            [(200, 'completed'), (404, 'failed'), (422, 'failed'),
             (400, 'failed')],
            [(event['code'], event['status'])
             for event in result.json['events']])
        self.assertEqual([(PLUGGED, None, 'completed')], self.recorded(here))
        self.assertEqual([('host1', [PLUGGED])], self.told())

    def test_none_is_accepted(self):
        result = self.tell(self.event(NOBODY))
        self.assertEqual(207, result.status_code)
        self.assertEqual([], self.compute.calls)

    def test_one_message_for_each_host(self):
        one, two = self.add_instance(), self.add_instance(host='host2')
        self.tell(self.event(one), self.event(two),
                  self.event(one, 'network-changed'))
        self.assertEqual(
            [('host1', [PLUGGED, 'network-changed']), ('host2', [PLUGGED])],
            self.told())

    def test_both_hosts_of_a_migration(self):
        instance = self.add_instance(task_state='migrating')
        objects.Migration(
            self.ctxt, instance_uuid=instance.uuid, source_compute='host1',
            dest_compute='host2', status='running').create()
        self.tell(self.event(instance))
        self.assertEqual([('host1', [PLUGGED]), ('host2', [PLUGGED])],
                         self.told())

    def test_host_that_cannot_be_told(self):
        """The record is enough."""
        instance = self.add_instance()
        self.compute.no_answer('external_instance_event')
        self.assertEqual(200, self.tell(self.event(instance)).status_code)
        self.assertEqual(1, len(self.recorded(instance)))

    def test_who_may(self):
        self.patch(middleware.Identity, '_nobody_checked', users.identify)
        instance = self.add_instance()
        result = self.tell(self.event(instance), token=users.OWNER)
        self.assert_fault(403, 'external-events', result)
        self.assertEqual(200, self.tell(self.event(instance)).status_code)

    def test_names_by_version(self):
        instance = self.add_instance()
        for since, name, _ in schema.NAMES:
            for minor in {since, max(1, since - 1), 96}:
                code = self.tell(self.event(instance, name),
                                 minor=minor).status_code
                self.assertEqual(200 if minor >= since else 400, code,
                                 (name, minor))

    def test_nonsense(self):
        event = self.event(self.add_instance())
        for events in ([], [dict(event, name='x')], [dict(event, more=1)],
                       [dict(event, server_uuid='x')],
                       [dict(event, status='done')], [{'name': PLUGGED}]):
            self.assertEqual(400, self.tell(*events).status_code, events)

    def test_uuids_without_dashes(self):
        instance = self.add_instance()
        self.assertEqual(200, self.tell(self.event(
            instance.uuid.replace('-', '').upper())).status_code)


class HostsTestCase(base.ApiTestCase):

    def test_hosts_of(self):
        def migration(source, destination):
            return types.SimpleNamespace(
                source_compute=source, dest_compute=destination)

        instance = types.SimpleNamespace(host='a')
        for migrations, hosts in (
                ((), {'a'}), ((migration('a', None),), {'a'}),
                ((migration('a', 'b'), migration('c', 'a')),
                 {'a', 'b', 'c'})):
            self.assertEqual(
                hosts, external_events.hosts_of(instance, migrations))
