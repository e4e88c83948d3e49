"""Somebody is killed between any two writes of a cold migration.

See ``test_every_write``; here a guest is moved switched off, and confirmed or
taken back.  Wherever it was: it ends soon, in one way everywhere.
"""

import collections

from nova_gs.devcloud import errors
from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import test_every_write
from tests.functional import two_hosts

MOVE, CONFIRM, REVERT = 'migrate', 'confirmResize', 'revertResize'

#: What each request writes, in this order, when nothing happens to it.
WRITES = {
    MOVE: ('claim migrate_server', 'offer migrate_server',
           'claim prep_resize', 'offer prep_resize',
           'claim resize_instance', 'offer resize_instance',
           'claim finish_resize', 'report finish_resize',
           'finish finish_resize'),
    CONFIRM: ('claim confirm_resize', 'finish confirm_resize'),
    REVERT: ('claim revert_resize', 'report revert_resize',
             'offer revert_resize', 'claim finish_revert_resize',
             'finish finish_revert_resize'),
}

_SOURCE, _DESTINATION = test_every_write.SOURCE, test_every_write.DESTINATION


class TestEveryWriteOfResize(
        base.Spared, test_every_write.EveryWriteTestCase):
    """A guest of its own for each case."""

    SOME = ()

    #: {what was asked for: {status of the migration: (status of the server,
    #: whose it is)}}
    ENDS = {
        MOVE: {'finished': ('VERIFY_RESIZE', two_hosts.DESTINATION),
               'error': ('ACTIVE', two_hosts.SOURCE)},
        CONFIRM: {'confirmed': ('ACTIVE', two_hosts.DESTINATION)},
        REVERT: {'reverted': ('ACTIVE', two_hosts.SOURCE),
                 # Its source was not there, so it can be asked again.
                 'finished': ('VERIFY_RESIZE', two_hosts.DESTINATION)},
    }
    PLACES = {_SOURCE: two_hosts.SOURCE, _DESTINATION: two_hosts.DESTINATION}

    def test_move(self):
        self._go_through(MOVE)

    def test_confirm(self):
        self._go_through(CONFIRM)

    def test_revert(self):
        self._go_through(REVERT)

    def _go_through(self, what):
        self.ends = collections.Counter()
        uuid = self._begin(what)
        self.switch.arm(0)
        request = self.api.action(uuid, what).request_id
        self._check(what, uuid, request, 1)
        self.assertEqual(list(WRITES[what]), self.switch.writes())
        self._mend()
        failed = []
        for case in test_every_write.every_case(WRITES[what]):
            try:
                self._play(what, case)
            except (AssertionError, errors.DevcloudError) as error:
                failed.append('%s: %s' % (case.words(WRITES[what]), error))
            self._mend()
        for victim, took in sorted(self.took.items()):
            self.figure(
                '%s: killed at every write, %s' % (what, victim),
                kills=len(took), ready_to_end_max_s=round(max(took), 3),
                ready_to_end_median_s=round(
                    figures.percentile(took, 50), 3),
                **{end: self.ends[victim, end] for end in self.ENDS[what]})
        self.assertEqual([], failed)

    def _begin(self, what):
        """Return a guest that can be asked for it."""
        self.ensure_up(*test_every_write.HOSTS)
        uuid = self.boot(two_hosts.SOURCE)
        if what != MOVE:
            self.api.action(uuid, MOVE)
            self.api.await_server(uuid, status='VERIFY_RESIZE',
                                  task_state=None)
        return uuid

    def _play(self, what, case):
        uuid = self._begin(what)
        request = self.kill_at(
            self.PLACES.get(case.victim, case.victim), self.switch,
            case.number, case.moment,
            lambda: self.api.action(uuid, what).request_id)
        self.await_end(case.victim, uuid)
        end = self._check(what, uuid, request, 2)
        self.ends[case.victim, end] += 1

    def _check(self, what, uuid, request, at_most):
        """It has ended in one way, everywhere; returns its status."""
        self.await_that('the end', lambda: not self.records.open())
        migration = self.status(uuid)
        self.assertIn(migration, self.ENDS[what])
        status, place = self.ENDS[what][migration]
        server = self.api.server(uuid)
        self.assertEqual((status, None, place), (
            server['status'], server['OS-EXT-STS:task_state'],
            server['OS-EXT-SRV-ATTR:host']))
        rows = {host: world['guests'][uuid] for host, world in (
            (host, self.hypervisor(host).world())
            for host in test_every_write.HOSTS) if uuid in world['guests']}
        self.assertEqual([(place, 1)], [
            (host, row['power_state']) for host, row in rows.items()])
        action = self.api.instance_action(uuid, request)
        succeeded = next(iter(self.ENDS[what])) == migration
        self.assertEqual(succeeded, action['message'] is None, action)
        self.assertNotIn(None, [
            event['finish_time'] for event in action['events']])
        used = {host: memory for host, (memory, _) in
                two_hosts._used(self.api).items()}
        self.assertEqual(
            {host: 128 * (host == place or status == 'VERIFY_RESIZE')
             for host in used},
            {host: used[host] - self.empty[host][0] for host in used})
        self.assertEqual([], self.traces())
        return migration
