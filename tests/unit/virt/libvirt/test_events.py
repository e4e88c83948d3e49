import libvirt

from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import native
from tests.fixtures import libvirt as fake
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'


class TestWatch(base.TestCase):

    def setUp(self):
        super().setUp()
        world = fake.World()
        self.host = world.host('a')
        self.watch = events.Watch()
        self.connection = world.open('fake://a')
        self.watch.attach(self.connection)

    def test_wakes_up(self):
        turn = self.watch.turn()
        woken = native.threading.Event()

        def wait():
            self.watch.wait_past(turn, 30)
            woken.set()

        native.start(wait)
        self.host.tell(UUID)
        self.assertTrue(woken.wait(10))
        self.assertGreater(self.watch.turn(), turn)

    def test_detach(self):
        self.host.fail('domainEventDeregisterAny',
                       libvirt.VIR_ERR_INTERNAL_ERROR, times=9)
        for _twice in range(2):
            self.watch.detach(self.connection)
            self.assertEqual([], self.connection.callbacks)
        self.watch.attach(self.connection)
        self.assertEqual(2, len(self.connection.callbacks))

    def test_what_was_before_the_wait_counts(self):
        turn = self.watch.turn()
        self.host.tell(UUID)
        self.watch.wait_past(turn, 30)

    def test_gives_up(self):
        self.watch.wait_past(self.watch.turn(), 0.001)

    def test_stats_are_kept_for_who_expects_them(self):
        self.host.tell(UUID, {'downtime': 1})
        self.assertIsNone(self.watch.forget(UUID))
        self.watch.expect(UUID)
        self.host.tell(UUID, {'downtime': 2})
        self.assertEqual({'downtime': 2}, self.watch.forget(UUID, 10))
        self.assertIsNone(self.watch.forget(UUID))
        self.host.tell(UUID, {'downtime': 3})
        self.assertIsNone(self.watch.forget(UUID))

    def test_stats_of_the_job_before_do_not_count(self):
        self.watch.expect(UUID)
        self.host.tell(UUID, {'downtime': 2})
        self.watch.expect(UUID)
        self.assertIsNone(self.watch.forget(UUID))
