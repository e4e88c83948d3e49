from nova_gs import exception
from nova_gs.virt.fake import guests
from tests.unit.virt.fake import base


class GuestsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.one = self.host()

    def test_the_course_of_a_guest(self):
        self.spawn(self.one)
        self.assertEqual([[base.GUEST, guests.RUNNING]],
                         self.one.call('list_guests', None))
        self.one.call('power_off', timeout=3)
        self.assertEqual(guests.SHUTDOWN, self.one.call('get_guest'))
        self.one.call('power_on')
        self.assertEqual(guests.RUNNING, self.one.call('get_guest'))
        self.one.call('destroy')
        self.assertEqual([], self.one.call('list_guests', None))
        self.one.call('destroy')

    def _nonces(self):
        return {line.split()[2]
                for line in self.one.call('console_output').splitlines()}

    def test_only_a_boot_makes_a_nonce(self):
        self.spawn(self.one)
        self.one.call('power_on')
        self.assertEqual(1, len(self._nonces()))
        self.one.call('reboot', hard=False)
        self.assertEqual(2, len(self._nonces()))
        self.one.call('power_off')
        self.one.call('power_off')
        self.assertEqual(2, len(self._nonces()))
        self.one.call('power_on')
        self.assertEqual(3, len(self._nonces()))

    def test_what_stands_still_keeps_its_nonce(self):
        self.spawn(self.one)
        for halt, go_on, state in (
                ('pause', 'unpause', guests.PAUSED),
                ('suspend', 'resume', guests.SUSPENDED)):
            for _twice in range(2):
                self.one.call(halt)
                self.assertEqual(state, self.one.call('get_guest'))
            for _twice in range(2):
                self.one.call(go_on)
                self.assertEqual(guests.RUNNING, self.one.call('get_guest'))
        lines = [line.split()[3] for line in self.one.call(
            'console_output').splitlines()]
        self.assertEqual(1, len(self._nonces()))
        self.assertEqual(
            ['%08X' % number for number in range(len(lines))], lines)
        self.one.call('suspend')
        self.one.call('power_on')
        self.assertEqual(2, len(self._nonces()))

    def test_what_cannot_stand_still(self):
        self.spawn(self.one)
        self.one.call('power_off')
        for verb in guests.STANDSTILLS:
            self.assertIn('SHUTDOWN', self.refused(self.one.call, verb))
        self.one.call('power_on')
        self.one.call('pause')
        self.one.call('power_on')
        self.assertEqual(guests.PAUSED, self.one.call('get_guest'))

    def test_a_guest_that_is_not_there(self):
        for verb in ('get_guest', 'power_on', 'power_off', 'reboot',
                     *guests.STANDSTILLS,
                     'console_output', 'describe_for_migration'):
            self.refused(self.one.call, verb, error=exception.GuestNotFound)

    def test_no_guest_twice(self):
        self.spawn(self.one)
        self.assertIn('there already', self.refused(self.spawn, self.one))

    def test_an_image_that_cannot_be_read_leaves_nothing(self):
        self.image_path = '/no/image'
        self.assertIn('/no/image', self.refused(self.spawn, self.one))
        self.assertEqual([], self.one.call('list_guests', None))

    def _check(self, host, **changes):
        args = dict(hypervisor_type='fake', memory_mb=128, **changes)
        return host.call('check_migration', **args)

    def test_who_cannot_go(self):
        self.spawn(self.one)
        self.assertEqual(
            'fake', self.one.call('describe_for_migration')[
                'hypervisor_type'])
        self.one.call('power_off')
        self.assertIn('does not run', self.refused(
            self.one.call, 'describe_for_migration',
            error=exception.MigrationPreCheckError))

    def test_who_cannot_come(self):
        small = self.host('small', memory_mb=200)
        self._check(small)
        small.call('accept_migration', 'other', memory_mb=100,
                   source_host='x')
        self.assertIn('memory', self.refused(
            self._check, small, error=exception.MigrationPreCheckError))
        self.spawn(self.one)
        self.assertIn('already', self.refused(
            self._check, self.one, error=exception.MigrationPreCheckError))
        self.assertIn('xen', self.refused(
            small.call, 'check_migration', hypervisor_type='xen',
            memory_mb=1, error=exception.MigrationPreCheckError))
