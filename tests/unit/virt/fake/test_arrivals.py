from nova_gs.virt.fake import guests
from nova_gs.virt.fake import protocol
from nova_gs.virt import live_migration
from tests.unit.virt.fake import base


class ArrivalsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.one = self.host('dest')
        self.arrivals = self.one.hypervisor.arrivals
        self.row = {'memory_mb': 128, 'boots': [], 'power_state': 3}

    def _call(self, verb, **args):
        return getattr(self.arrivals, verb)(
            protocol.Call(verb, base.GUEST, args))

    def _accept(self):
        self._call('accept', source_host='source', memory_mb=128)

    def _commit(self, migration='m1'):
        self._call('commit', migration=migration, row=self.row)

    def test_a_guest_takes_its_room(self):
        self._accept()
        self.assertIn(base.GUEST, self.one.world.rows('rooms'))
        self._call('open', migration='m1')
        self._commit()
        self.assertEqual({}, self.one.world.rows('rooms'))
        self.assertEqual(guests.RUNNING, self._call('finish', arrived=True))
        self.assertTrue(self._call('cancel', migration='m1'))
        self.assertIn('on this host', self.refused(self._accept))
        self.assertIn('cannot be given back', self.refused(
            self._call, 'finish', arrived=False))

    def test_seen(self):
        for act, expected in (
                (lambda: None, live_migration.Arrival.NOTHING),
                (self._accept, live_migration.Arrival.NOTHING),
                (lambda: self._call('open', migration='m1'),
                 live_migration.Arrival.COMING),
                (self._commit, live_migration.Arrival.HERE),
                (lambda: self.one.world.change(('guests', base.GUEST, dict(
                    self.row, power_state=guests.SHUTDOWN))),
                 live_migration.Arrival.OFF)):
            act()
            self.assertEqual(expected.value, self._call('seen'))

    def test_without_a_room_nobody_comes(self):
        self.assertIn('no room', self.refused(
            self._call, 'open', migration='m1'))
        self.refused(self._commit)

    def test_a_room_is_a_leftover_until_it_is_given_back(self):
        self._accept()
        self._accept()
        self.assertEqual(1, len(self.one.world.rows('rooms')))
        for _ in range(2):
            self.assertIsNone(self._call('finish', arrived=False))
        self.assertEqual({}, self.one.world.rows('rooms'))

    def _late(self, before):
        self._accept()
        self._call('open', migration='m1')
        before()
        self.refused(self._commit)
        self.assertEqual({}, self.one.world.rows('guests'))
        self.assertFalse(self._call('cancel', migration='m1'))

    def test_a_commit_comes_too_late(self):
        for before in (
                lambda: self.arrivals.disconnected(base.GUEST, 'm1'),
                lambda: self._call('cancel', migration='m1'),
                lambda: self._call('finish', arrived=False),
                lambda: self._call('open', migration='m2'),
                self._accept):
            self._late(before)

    def test_an_old_connections_end_does_not_touch_a_newer_one(self):
        self._accept()
        self._call('open', migration='m1')
        self._call('open', migration='m2')
        self.arrivals.disconnected(base.GUEST, 'm1')
        self._commit('m2')

    def test_an_arrival_is_known_after_the_guest_is_gone(self):
        self._accept()
        self._call('open', migration='m1')
        self._commit()
        self.one.call('destroy')
        self.assertTrue(self._call('cancel', migration='m1'))
