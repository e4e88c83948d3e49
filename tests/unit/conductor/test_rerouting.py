"""Builds go to another host when theirs does not begin them."""

from nova_gs.conductor import rerouting
from nova_gs import exception
from nova_gs import objects
from tests.unit.conductor import base


class TestHindrance(base.ConductorTestCase):

    def hindrance(self, is_up=True, is_heard=True, **values):
        return rerouting.hindrance(objects.Service(
            self.context, seconds_since_seen=61, **values), is_up, is_heard)

    def test_what_a_host_says(self):
        for phase, words in (('serving', ''), ('draining', 'being stopped'),
                             ('quiesced', 'quiesced'),
                             ('stopped', 'was stopped')):
            for is_heard in (True, False):
                why = self.hindrance(phase=phase, is_heard=is_heard)
                self.assertIn(words, why)
                self.assertEqual(bool(words), bool(why))

    def test_what_an_operator_says(self):
        self.assertIn('marked as down', self.hindrance(
            is_up=False, is_heard=False, forced_down=True))

    def test_silence_is_believed_when_others_are_heard(self):
        self.assertIn('not reported for 61 s', self.hindrance(is_up=False))
        self.assertEqual('', self.hindrance(is_up=False, is_heard=False))

    def test_no_record(self):
        self.assertIn('no record', rerouting.hindrance(None, False, False))


class ReroutingTestCase(base.ConductorTestCase):
    """Builds are offered to host1."""

    def setUp(self):
        super().setUp()
        self.rerouting = rerouting.Rerouting(self.context, self.means)

    def build(self, wanted=None, **values):
        return self.accept(
            self.make_instance(vm_state='building', **values), kind='build',
            step='build_instance', task_state='spawning',
            params={'image_id': 'i', 'host': wanted})

    def look(self):
        """Look once; returns the hosts that were asked."""
        del self.publisher.published[:]
        passed = self.rerouting.look()
        self.assertEqual(len(self.publisher.published), passed)
        self.assertEqual({'build_instance'} if passed else set(), {
            step for step, _, _ in self.publisher.published})
        return [host for _, host, _ in self.publisher.published]

    def stop(self, host):
        self.services[host].announce('stopped')

    def return_of(self, host):
        """Let a host serve that has stopped."""
        self.services[host].destroy()
        self.services[host] = self.serve(
            host, memory_mb=1024 * int(host[-1]))


class TestLook(ReroutingTestCase):

    def test_a_host_that_serves_keeps_them(self):
        self.build()
        self.assertEqual([], self.look())

    def test_hosts_that_take_nothing(self):
        for leave in (self.drain,
                      lambda host: self.services[host].quiesce(),
                      lambda host: self.services[host].set_status(
                          forced_down=True),
                      lambda host: self.unheard_for(100, host), self.stop):
            operation = self.build(vcpus=0)
            leave('host1')
            self.assertEqual(['host3'], self.look())
            stored = self.stored(operation)
            self.assertEqual(
                ('host3', 'host3', 'node-of-host3', ['host1']),
                (stored.host, stored.instance.host, stored.instance.node,
                 list(stored.params['declined'])))
            self.assertEqual([], self.look())
            self.return_of('host1')

    def test_the_event_says_why_and_where_to(self):
        operation = self.build()
        self.drain('host1')
        self.look()
        event = self.action(operation).events[0]
        for words in ('host host1', 'being stopped', 'Host host3'):
            self.assertIn(words, event.details)

    def test_a_host_that_only_could_not_be_heard(self):
        self.build()
        self.unheard_for(100, 'host1', 'host2', 'host3')
        self.means.hearing.look()
        self.assertEqual([], self.look())

    def test_what_the_user_wants_there(self):
        self.build(wanted='host1')
        self.stop('host1')
        self.assertEqual([], self.look())

    def test_what_the_host_has_begun(self):
        self.take(self.build())
        self.stop('host1')
        self.assertEqual([], self.look())

    def test_other_requests(self):
        self.accept()
        self.stop('host1')
        self.assertEqual([], self.look())

    def test_what_is_to_be_deleted_there(self):
        self.accept(self.build().instance, kind='delete',
                    step='delete_instance', task_state='deleting',
                    task_states=None)
        self.stop('host1')
        self.assertEqual([], self.look())

    def test_nowhere_to_go(self):
        """It waits for its host, which may be back in a moment."""
        operation = self.build()
        for host in self.services:
            self.stop(host)
        self.assertEqual([], self.look())
        self.assertEqual('host1', self.stored(operation).host)
        self.return_of('host2')
        self.assertEqual(['host2'], self.look())

    def test_as_many_as_there_is_room_for(self):
        for _ in range(5):
            self.build(memory_mb=1024, vcpus=1)
        self.stop('host1')
        # The emptiest first, each time anew: 3, 2 and 2, 1 and 1 GiB.
        self.assertEqual(['host3', 'host2', 'host3', 'host2', 'host3'],
                         self.look())

    def test_what_is_too_big_does_not_keep_others(self):
        for memory in (4096, 4096, 1024):
            self.build(memory_mb=memory)
        self.stop('host1')
        self.assertEqual(1, len(self.look()))

    def test_room_that_went_to_somebody_else(self):
        self.build(memory_mb=1024)
        self.stop('host1')
        seen = self.rerouting._candidates()
        self.make_instance(host='host3', memory_mb=2500)
        self.rerouting._candidates = lambda: dict(seen)
        self.assertEqual(['host2'], self.look())

    def test_one_that_has_declined_is_asked_last(self):
        operation = self.build()
        asked = ['host1']
        for _ in range(3):
            self.stop(asked[-1])
            asked += self.look()
            self.return_of(asked[-2])
        # All have declined by the end, so the emptiest is asked again.
        self.assertEqual(['host1', 'host3', 'host2', 'host3'], asked)
        self.assertEqual({'host1', 'host2', 'host3'}, set(
            self.stored(operation).params['declined']))

    def test_the_deadline_stays(self):
        operation = self.build()
        self.stop('host1')
        self.look()
        self.assertEqual(operation.expires_at,
                         self.stored(operation).expires_at)


class TestPassOn(ReroutingTestCase):

    def test_a_host_without_a_record(self):
        operation = self.build()
        self.services['host1'].destroy()
        self.assertEqual([], self.look())
        self.assertEqual(1, self.rerouting.pass_on([operation]))
        self.assertEqual('host3', self.stored(operation).host)

    def test_what_has_changed_meanwhile(self):
        operation = self.build()
        self.take(operation)
        self.stop('host1')
        self.assertEqual(0, self.rerouting.pass_on([operation]))

    def test_nothing(self):
        self.assertEqual(0, self.rerouting.pass_on([]))


class TestWhyNowhere(ReroutingTestCase):

    def test_each_objection(self):
        operation = self.build(memory_mb=2048)
        self.stop('host3')
        self.assertEqual('', self.rerouting.why_nowhere(operation))
        self.stop('host2')
        why = self.rerouting.why_nowhere(operation)
        for words in ('Host host2: ', 'Host host3: ', 'stopped'):
            self.assertIn(words, why)

    def test_somewhere(self):
        self.assertEqual('', self.rerouting.why_nowhere(self.build()))

    def test_what_is_bound(self):
        for operation in (self.accept(), self.build(wanted='host1')):
            self.assertEqual('', self.rerouting.why_nowhere(operation))

    def test_an_instance_that_is_gone(self):
        operation = self.build()
        operation.instance_uuid = 'nobody'
        self.assertRaises(
            exception.InstanceNotFound, objects.Instance.get_by_uuid,
            self.context, operation.instance_uuid)
        self.assertEqual('', self.rerouting.why_nowhere(operation))
