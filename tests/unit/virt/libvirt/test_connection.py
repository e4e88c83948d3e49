import libvirt

from nova_gs import exception
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import native
from tests.fixtures import libvirt as fake
from tests.unit import base


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.world = fake.World()
        self.host = self.world.host('a')

    def make(self, opener=None, **arguments):
        return connections.Connector(
            'fake://a', opener or self.world.open, **arguments)


class TestQuery(TestCase):

    def test_kept_open(self):
        connector = self.make(watch=events.Watch())
        for _time in range(3):
            self.assertEqual('a', connector.query(
                lambda connection: connection.getHostname()))
        # One listens to events.
        self.assertEqual(2, self.host.calls.count('open'))

    def test_used_by_one_at_a_time(self):
        connector = self.make(watch=events.Watch())

        def nested(connection, depth=8):
            self.assertNotIn(connection, used)
            used.append(connection)
            if depth:
                connector.query(lambda other: nested(other, depth - 1))

        for _twice in range(2):
            used = []
            connector.query(nested)
            self.assertEqual(9, len(used))
            self.assertEqual(connections.MOST_IDLE + 1,
                             len(self.host.connections))
        self.assertEqual([0] * connections.MOST_IDLE + [2], sorted(
            len(connection.callbacks)
            for connection in self.host.connections))

    def test_not_kept_without_a_watch(self):
        self.make().query(lambda connection: connection.getInfo())
        self.assertEqual([], self.host.connections)

    def test_an_error_is_an_answer(self):
        connector = self.make()
        self.host.fail('getInfo', libvirt.VIR_ERR_INTERNAL_ERROR)
        self.assertRaises(libvirt.libvirtError, connector.query,
                          lambda connection: connection.getInfo())
        self.assertEqual(1, self.host.calls.count('getInfo'))

    def test_reconnects_before(self):
        watch = events.Watch()
        connector = self.make(watch=watch)
        connector.connect()
        self.host.lose_connections()
        turn = watch.turn()
        connector.query(lambda connection: connection.getInfo())
        self.assertEqual(4, self.host.calls.count('open'))
        self.assertEqual(2, len(self.host.connections))
        # Whoever waits for an event has to look.
        self.assertGreater(watch.turn(), turn)

    def test_reconnects_amid(self):
        connector = self.make()
        asked = []

        def question(connection):
            asked.append(connection)
            if len(asked) == 1:
                self.host.lose_connections()
            return connection.getInfo()

        self.assertEqual(2048, connector.query(question)[1])
        self.assertEqual(2, len(asked))

    def test_gives_up(self):
        connector = self.make()

        def question(connection):
            self.host.lose_connections()
            return connection.getInfo()

        error = self.assertRaises(
            exception.HypervisorUnavailable, connector.query, question)
        self.assertIn('fake://a', str(error))
        self.assertEqual(2, self.host.calls.count('open'))

    def test_libvirtd_is_away_and_back(self):
        connector = self.make()
        self.host.stop()
        self.assertRaises(exception.HypervisorUnavailable, connector.connect)
        self.host.up = True
        connector.connect()

    def test_no_events_no_connection(self):
        connector = self.make(watch=events.Watch())
        self.host.fail('domainEventRegisterAny',
                       libvirt.VIR_ERR_INTERNAL_ERROR)
        self.assertRaises(exception.HypervisorUnavailable, connector.connect)
        self.assertEqual([], self.host.connections)

    def test_close(self):
        connector = self.make(watch=events.Watch())
        connector.connect()
        self.assertEqual(2, len(self.host.connections))
        for _twice in range(2):
            connector.close()
            self.assertEqual([], self.host.connections)

    def test_close_while_in_use(self):
        connector = self.make(watch=events.Watch())

        def question(connection):
            connector.close()
            return connection.getInfo()

        self.assertEqual(2048, connector.query(question)[1])
        self.assertEqual([], self.host.connections)


class TestOwn(TestCase):

    def test_closed_after_use(self):
        with self.make().own() as connection:
            self.assertEqual([connection], self.host.connections)
        self.assertEqual([], self.host.connections)

    def test_error(self):
        self.host.fail('getInfo', libvirt.VIR_ERR_INTERNAL_ERROR)

        def use():
            with self.make().own() as connection:
                connection.getInfo()

        self.assertRaises(libvirt.libvirtError, use)
        self.assertEqual([], self.host.connections)

    def test_lost(self):
        def use():
            with self.make().own() as connection:
                self.host.lose_connections()
                connection.getInfo()

        self.assertRaises(exception.HypervisorUnavailable, use)


class TestHang(TestCase):

    def setUp(self):
        super().setUp()
        self.go_on = native.threading.Event()
        self.addCleanup(self.go_on.set)
        self.opened = []

    def open_slowly(self, uri):
        self.opened.append(uri)
        self.go_on.wait(30)
        return self.world.open(uri)

    def test_one_attempt_hangs(self):
        connector = self.make(self.open_slowly, patience=0.01)
        for _time in range(3):
            self.assertRaises(
                exception.HypervisorUnavailable, connector.open)
        self.assertEqual(1, len(self.opened))
        attempt = connector._stuck
        self.go_on.set()
        self.assertTrue(attempt.ended.wait(10))
        # Nobody wants the late connection.
        self.assertEqual([], self.host.connections)
        connections.close(connector.open())

    def test_late_failure(self):
        self.host.stop()
        connector = self.make(self.open_slowly, patience=0.01)
        self.assertRaises(exception.HypervisorUnavailable, connector.open)
        self.go_on.set()
        self.assertTrue(connector._stuck.ended.wait(10))
        self.assertRaises(exception.HypervisorUnavailable, connector.open)
        self.assertEqual(2, len(self.opened))
