import socket

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.fake import protocol
from nova_gs.virt import live_migration
from tests.unit import base


class ProtocolTestCase(base.TestCase):

    def _pair(self):
        pair = [protocol.Channel(end) for end in socket.socketpair()]
        for channel in pair:
            self.addCleanup(channel.close)
        return pair

    def test_errors_come_out_as_they_went_in(self):
        for error in (
                exception.GuestNotFound(instance_id='g'),
                exception.MigrationPreCheckError(reason='no'),
                exception.MigrationNotAbortable(
                    migration_id='m', instance_id='g', status='late')):
            back = protocol.error_from_wire(protocol.error_to_wire(error))
            self.assertIs(type(error), type(back))
            self.assertEqual(str(error), str(back))
            self.assertEqual(error.kwargs, back.kwargs)

    def test_a_foreign_error_is_the_hypervisors(self):
        back = protocol.error_from_wire(
            protocol.error_to_wire(ValueError('odd')))
        self.assertIs(exception.HypervisorError, type(back))
        self.assertEqual('ValueError: odd', str(back))

    def test_uris_go_both_ways(self):
        self.assertEqual('fake+unix:///run/a.sock',
                         protocol.uri_of('/run/a.sock'))
        self.assertEqual('/run/a.sock',
                         protocol.path_of('fake+unix:///run/a.sock'))
        for other in (None, 'qemu:///system', 'fake+unix://a'):
            self.assertRaises(ValueError, protocol.path_of, other)

    def test_lines_go_both_ways(self):
        near, far = self._pair()
        near.send({'a': 1})
        near.send({'b': 'line\nbreak'})
        self.assertEqual({'a': 1}, far.receive())
        self.assertEqual({'b': 'line\nbreak'}, far.receive())
        near.shut()
        self.assertIsNone(far.receive())

    def test_an_end_without_an_answer(self):
        near, far = self._pair()
        far.shut()
        self.assertRaises(protocol.Disconnected, near.call,
                          protocol.Call('reboot', 'g'))

    def test_nothing_at_the_socket(self):
        error = self.assertRaises(
            protocol.Disconnected, protocol.Channel.connect, '/no/where')
        self.assertEqual('No such file or directory', str(error))
        error = self.assertRaises(
            protocol.Disconnected, protocol.Channel.connect, '/' + 'x' * 200)
        self.assertIn('too long', str(error))

    def test_every_verb_of_the_contract_is_known(self):
        contract = {
            name for kind in (driver.ComputeDriver,
                              live_migration.MigrationHandle)
            for name in kind.__abstractmethods__}
        self.assertEqual(contract - {'init_host', 'close'},
                         set(protocol.DRIVER_VERBS))
        self.assertLessEqual(
            protocol.UNJOURNALED | protocol.EXCLUSIVE | protocol.PRE_CHECKS,
            set(protocol.VERBS))
        error = self.assertRaises(
            ValueError, protocol.check_verbs, ['reboot', 'rebot'])
        self.assertIn("'rebot'", str(error))
