import json

import fixtures

from nova_gs.virt.libvirt import cancelling
from tests.unit import base


class Domain:
    """One whose QEMU says how its migration stands."""

    def __init__(self, status=None, **stats):
        self.asked = []
        self.paused = False
        self._status = status
        self._stats = dict({
            'memory_iteration': 1, 'memory_processed': 4000,
            'memory_remaining': 500, 'time_elapsed': 4000}, **stats)

    def UUIDString(self):
        return 'u'

    def jobStats(self):
        return self._stats

    def pause(self):
        self.paused = True

    def monitor(self, command):
        command = json.loads(command)
        self.asked.append((command['execute'], command['arguments']))
        return json.dumps({'return': {'status': self._status} if self._status
                           else {}})


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(
            'libvirt_qemu.qemuMonitorCommand',
            lambda domain, command, flags: domain.monitor(command)))

    def test_far_from_its_end(self):
        for far in ({'memory_remaining': 1001}, {'memory_iteration': 0},
                    {'memory_iteration': None}):
            domain = Domain(**far)
            self.assertTrue(cancelling.may_abort(domain, Domain.pause), far)
            self.assertEqual((False, []), (domain.paused, domain.asked), far)

    def test_near_its_end(self):
        for status, may in (('active', True), ('pre-switchover', False),
                            ('device', False), ('completed', False),
                            (None, False)):
            domain = Domain(status)
            self.assertEqual(
                may, cancelling.may_abort(domain, Domain.pause), status)
            self.assertTrue(domain.paused)
            self.assertEqual([('query-migrate', {})], domain.asked)

    def test_rate_is_of_what_has_gone(self):
        self.assertTrue(cancelling.is_near_end(
            {'memory_iteration': 2, 'memory_processed': 0,
             'memory_remaining': -1, 'time_elapsed': 0}))
        self.assertFalse(cancelling.is_near_end(
            {'memory_iteration': 2, 'memory_processed': 0,
             'memory_remaining': 1, 'time_elapsed': 0}))

    def test_qemu_waits_to_go_on(self):
        domain = Domain('cancelling')
        self.assertIs(cancelling.Help.GO_ON,
                      cancelling.help_to_end(domain, Domain.pause))
        self.assertEqual([('query-migrate', {}),
                          ('migrate-continue', {'state': 'cancelling'})],
                         domain.asked)
        self.assertFalse(domain.paused)

    def test_libvirt_waits_for_the_guest_to_stop(self):
        domain = Domain('cancelled')
        self.assertIs(cancelling.Help.STOP_GUEST,
                      cancelling.help_to_end(domain, Domain.pause))
        self.assertTrue(domain.paused)

    def test_nobody_waits_in_vain(self):
        for status in ('active', 'failed', 'completed', None):
            domain = Domain(status)
            self.assertIsNone(
                cancelling.help_to_end(domain, Domain.pause), status)
            self.assertFalse(domain.paused, status)
