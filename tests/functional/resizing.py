"""What scenarios of cold migrations share: the phases, and guests in them."""

import dataclasses

from nova_gs.virt import driver
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Migrations that are to be asked for, of whoever is on SOURCE.
MOVE, CONFIRM, REVERT = 'migrate', 'confirmResize', 'revertResize'

_POWER = driver.PowerState


@dataclasses.dataclass(frozen=True)
class Phase:
    """A place in a cold migration, or in what settles it.

    :param name: for people
    :param asked: what is under way
    :param host: whose hypervisor holds it there
    :param verb: the driver's call that is held
    :param step: of the operation there
    """

    name: str
    asked: str
    host: str
    verb: str
    step: str

    @property
    def ends(self):
        """(status of the server, its host, status of the migration)."""
        return {MOVE: ('VERIFY_RESIZE', DESTINATION, 'finished'),
                CONFIRM: ('ACTIVE', DESTINATION, 'confirmed'),
                REVERT: ('ACTIVE', SOURCE, 'reverted')}[self.asked]


PHASES = (
    Phase('agreeing', MOVE, DESTINATION, 'check_resize', 'prep_resize'),
    Phase('asking for the disk', MOVE, DESTINATION, 'sees_storage',
          'resize_instance'),
    Phase('leaving', MOVE, SOURCE, 'leave_for_resize', 'resize_instance'),
    Phase('arriving', MOVE, DESTINATION, 'arrive_from_resize',
          'finish_resize'),
    Phase('confirming', CONFIRM, SOURCE, 'confirm_resize', 'confirm_resize'),
    Phase('leaving to return', REVERT, DESTINATION, 'leave_for_revert',
          'revert_resize'),
    Phase('returning', REVERT, SOURCE, 'return_from_resize',
          'finish_revert_resize'),
)

#: A question to the destination, of which nothing depends: the guest runs.
ASKING_FOR_THE_DISK = PHASES[1]


class ResizeTestCase(two_hosts.TwoHostsTestCase):
    """Guests are moved switched off from SOURCE to DESTINATION."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._tidy)

    def _tidy(self):
        for host in (SOURCE, DESTINATION):
            self.hypervisor(host).reset()
        self.start_both()
        self.await_settled()
        self.delete_all()

    def ask(self, uuid, what, arguments=None):
        """Ask for something; returns the request's id."""
        return self.api.action(uuid, what, arguments).request_id

    def move(self, uuid, status='VERIFY_RESIZE', **arguments):
        """Move a guest, or give it another flavor, and wait."""
        self.ask(uuid, 'resize' if 'flavorRef' in arguments else MOVE,
                 arguments or None)
        return self.await_rest(uuid, status)

    def settle(self, uuid, what, status='ACTIVE'):
        """Confirm or revert a move, and wait."""
        self.ask(uuid, what)
        return self.await_rest(uuid, status)

    def await_rest(self, uuid, status):
        """Wait until a server has a status and nothing is done to it."""
        return self.api.await_server(uuid, two_hosts.PATIENCE, status=status,
                                     task_state=None)

    def await_settled(self, patience=two_hosts.PATIENCE):
        """Wait until nothing is under way."""
        self.await_that('all is settled', lambda: not self.records.open(),
                        patience, every=0.05)

    def bring(self, phase):
        """Bring a new guest into a phase; returns (UUID, request id)."""
        return self.bring_all((phase,))[0][1:]

    def bring_all(self, phases):
        """Bring new guests into phases; returns [(Phase, UUID, request)]."""
        guests = self.boot_all(*len(phases) * [SOURCE])
        later = [(phase, uuid) for phase, uuid in zip(phases, guests)
                 if phase.asked != MOVE]
        for _phase, uuid in later:
            self.ask(uuid, MOVE)
        for _phase, uuid in later:
            self.await_rest(uuid, 'VERIFY_RESIZE')
        brought = []
        for phase, uuid in zip(phases, guests):
            self.hypervisor(phase.host).hold(phase.verb, uuid)
            brought.append((phase, uuid, self.ask(uuid, phase.asked)))
        for phase, uuid, _request in brought:
            self.hypervisor(phase.host).wait_for(
                phase.verb, guest=uuid, timeout=two_hosts.PATIENCE)
        return brought

    def check_place(self, uuid, host, state=_POWER.RUNNING):
        """A guest is where its record says, and nowhere else."""
        found = {name: int(row['power_state']) for name in (
            SOURCE, DESTINATION)
            if (row := self.hypervisor(name).world()['guests'].get(uuid))}
        self.assertEqual({host: int(state)}, found)
        self.assertEqual(host, self.api.server(uuid)[
            'OS-EXT-SRV-ATTR:host'])

    def check_ended(self, uuid, request_id, reason=None):
        """What was asked for has ended, and says why if it has failed."""
        action = self.api.instance_action(uuid, request_id)
        if reason is None:
            self.assertIsNone(action['message'])
        else:
            self.assertRegex(action['message'], reason)
        self.assertTrue(action['events'])
        self.assertNotIn(None, [
            event['finish_time'] for event in action['events']])

    def check_given_out(self, **memory):
        """So much memory (MiB) is given out beside what hosts keep."""
        used = {one['service']['host']: one['memory_mb_used'] for one in
                self.api.get('os-hypervisors/detail')['hypervisors']}
        self.assertEqual(
            {SOURCE: memory.get('source', 0),
             DESTINATION: memory.get('destination', 0)},
            {host: used[host] - self.empty[host][0] for host in used})
