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

    def test_zone_is_that_of_the_last_start(self):
        self.assertIsNone(self.register().availability_zone)
        for zone in ('east', None):
            objects.Service.register(
                self.context, 'host1', 'nova-compute', 'compute', 3, 'two',
                zone)
            self.assertEqual(zone, self.stored().availability_zone)

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

    def test_quiesce(self):
        service = self.register()
        service.quiesce('kernel update', 60)
        stored = self.stored()
        self.assertEqual(
            ('quiesced', 'kernel update', 'kernel update'),
            (stored.phase, stored.phase_reason, stored.quiesce_reason))
        self.assertEqual(stored.phase_deadline, service.phase_deadline)
        self.assertEqual(stored.phase_deadline, stored.quiesce_deadline)
        left = (stored.phase_deadline - stored.quiesced_at).total_seconds()
        self.assertTrue(59 < left < 62, left)

    def test_quiesce_once_more(self):
        service = self.register()
        service.quiesce('kernel update', 60)
        since = service.quiesced_at
        service.quiesce()
        self.assertEqual(
            (since, 'quiesced', None, None),
            (service.quiesced_at, service.phase, service.phase_reason,
             service.phase_deadline))

    def test_quiesce_outlives_a_stop(self):
        service = self.register()
        self.stored().quiesce('kernel update', 60)
        service.announce('draining', 'SIGTERM')
        service.announce('stopped', 'it was stopped')
        self.assertEqual('it was stopped', self.stored().phase_reason)
        again = self.register('two')
        self.assertEqual(('quiesced', 'kernel update'),
                         (again.phase, again.phase_reason))
        self.assertEqual(again.quiesce_deadline, again.phase_deadline)

    def test_resume(self):
        service = self.register()
        for _ in range(2):
            self.stored().quiesce('kernel update', 60)
            service.resume()
            self.assertEqual(
                ('serving', None, None, None, None, None),
                (service.phase, service.phase_reason, service.phase_deadline,
                 service.quiesced_at, service.quiesce_reason,
                 service.quiesce_deadline))
            service.resume()
        self.assertEqual('serving', self.register('two').phase)

    def test_resume_of_what_is_not_there(self):
        service = self.register()
        self.stored().quiesce('kernel update')
        service.announce('stopped', 'it was stopped')
        self.stored().resume()
        self.assertEqual(('stopped', 'it was stopped'), (
            self.stored().phase, self.stored().phase_reason))
        self.assertEqual('serving', self.register('two').phase)

    def test_a_stop_cannot_be_taken_back(self):
        for phase, words in (('draining', 'is being stopped (SIGTERM)'),
                             ('stopped', 'was stopped (SIGTERM)')):
            service = self.register(phase)
            service.announce(phase, 'SIGTERM')
            for call in (service.quiesce, service.resume):
                error = self.assertRaises(exception.Conflict, call)
                self.assertIn(words, str(error))
            self.assertEqual(phase, self.stored().phase)
            self.assertIsNone(self.stored().quiesced_at)

    def test_older_peers(self):
        service = self.register()
        service.quiesce('kernel update')
        old = service.obj_to_primitive(target_version='1.0')
        names = set(old['nova_gs_object.data'])
        self.assertIn('phase_reason', names)
        self.assertEqual(set(), {
            name for name in names if name.startswith('quiesce')})

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
        for call in (service.report, service.destroy, service.quiesce,
                     service.resume, self.stored):
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
