"""Services: who may speak for a host, and what a start makes of it."""

import datetime

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base

DEADLINE = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)


class ServiceTestCase(base.DatabaseTestCase):

    def register(self, owner='one', host='host1', version=3):
        return objects.Service.register(
            self.context, host, 'nova-compute', 'compute', version, owner)

    def stored(self):
        return objects.Service.get_by_host_and_binary(
            self.context, 'host1', 'nova-compute')

    def test_register(self):
        service = self.register()
        self.assertEqual(('serving', 'one', 3), (
            service.phase, service.owner, service.version))
        self.assertLess(service.seconds_since_seen, 5)
        self.assertGreaterEqual(service.seconds_since_seen, 0)

    def test_a_new_owner_ends_a_drain(self):
        service = self.register()
        self.assertTrue(service.announce('draining', 'SIGTERM', DEADLINE))
        self.assertEqual(('draining', 'SIGTERM', DEADLINE), (
            self.stored().phase, self.stored().phase_reason,
            self.stored().phase_deadline))
        again = self.register('two')
        self.assertEqual((service.uuid, 'serving', None, None), (
            again.uuid, again.phase, again.phase_reason,
            again.phase_deadline))

    def test_a_new_owner_keeps_a_quiesce(self):
        self.register().announce('quiesced', 'kernel update')
        again = self.register('two')
        self.assertEqual(('quiesced', 'kernel update'),
                         (again.phase, again.phase_reason))

    def test_the_same_owner_keeps_its_drain(self):
        self.register().announce('draining', 'SIGTERM')
        self.assertEqual('draining', self.register().phase)

    def test_who_has_stopped_stays_stopped(self):
        """What was said before it may come to be written after it."""
        service = self.register()
        self.assertTrue(service.announce('stopped', 'it was stopped'))
        self.assertFalse(service.announce('draining', 'SIGTERM', DEADLINE))
        self.assertEqual('stopped', self.register().phase)
        self.assertEqual('it was stopped', self.stored().phase_reason)
        self.assertEqual('serving', self.register('two').phase)

    def test_a_late_heartbeat_changes_nothing(self):
        old = self.register()
        new = self.register('two')
        self.assertFalse(old.report())
        self.assertFalse(old.announce('stopped'))
        self.assertEqual(('one', 'serving'), (old.owner, old.phase))
        self.assertTrue(new.report())
        self.assertEqual('serving', self.stored().phase)

    def test_a_heartbeat_leaves_the_phase(self):
        service = self.register()
        service.announce('draining', 'SIGTERM')
        self.assertTrue(service.report())
        self.assertEqual((1, 'draining'),
                         (service.report_count, service.phase))

    def test_a_heartbeat_learns_what_others_wrote(self):
        service = self.register()
        self.stored().set_status(disabled=True, disabled_reason='broken')
        service.report()
        self.assertEqual((True, 'broken'),
                         (service.disabled, service.disabled_reason))

    def test_status(self):
        service = self.register()
        service.set_status(disabled=True, disabled_reason='broken')
        service.set_status(forced_down=True)
        self.assertEqual((True, 'broken', True), (
            service.disabled, service.disabled_reason, service.forced_down))
        service.set_status(disabled=False)
        self.assertIsNone(self.stored().disabled_reason)

    def test_a_service_that_is_gone(self):
        service = self.register()
        service.destroy()
        for call in (service.report, service.destroy, self.stored):
            self.assertRaises(exception.ServiceNotFound, call)

    def test_lists(self):
        self.register()
        self.register(host='host2', version=2)
        objects.Service.register(
            self.context, 'host1', 'nova-conductor', 'conductor', 1, 'x')
        self.assertEqual(['host1', 'host2'], [
            service.host for service in objects.ServiceList.get_by_filters(
                self.context, {'binary': 'nova-compute'})])
        for binary, version in (('nova-compute', 2), ('nova-api', 0)):
            self.assertEqual(
                version, objects.ServiceList.get_minimum_version(
                    self.context, binary))

    def test_many_register_at_once(self):
        def register(number, store):
            return store.services.register(
                'host1', 'nova-compute', 'compute', 3, 'o%d' % number)['id']

        self.assertEqual(1, len(set(self.at_once(4, register))))
