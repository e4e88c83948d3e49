"""Guests that are brought into a phase of a live migration, and held there."""

import dataclasses
import typing

from tests.functional import trouble
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION
BOTH = frozenset((SOURCE, DESTINATION))

#: How many migrations leave a host at a time; a further one is queued.
AT_A_TIME = 4

#: Makes it so.
SETTING = 'DEFAULT.max_concurrent_live_migrations=%d' % AT_A_TIME


@dataclasses.dataclass(frozen=True)
class Phase:
    """One place in a migration.

    :param name: for people
    :param held: (host, driver call) that is held open there
    :param steered: what is asked of the migration once it runs
    :param keeps: the hosts that must stay while it is held
    :param frees: the hosts that must leave meanwhile
    :param departs: whether it takes one of AT_A_TIME there
    :param status: what the migration ends as
    :param reason: regular expression of what the user is told
    """

    name: str
    held: tuple
    steered: typing.Optional[str] = None
    keeps: frozenset = BOTH
    frees: frozenset = frozenset()
    departs: bool = False
    status: str = 'completed'
    reason: typing.Optional[str] = None

    @property
    def place(self):
        """Where the guest is in the end."""
        return DESTINATION if self.status == 'completed' else SOURCE


_CALLED_OFF = dict(steered='abort', status='cancelled',
                   reason='asked for by a user')

PHASES = (
    Phase('checks', (DESTINATION, 'check_migration'), keeps=frozenset(),
          status='error', reason='host-[ab] is (draining|not available)'),
    Phase('making room', (DESTINATION, 'accept_migration'), departs=True),
    Phase('pre-copy', (SOURCE, 'start_migration'), departs=True),
    Phase('post-copy', (SOURCE, 'post_copy'), steered='force_complete',
          departs=True),
    Phase('post step at the destination', (DESTINATION, 'finish_migration')),
    Phase('post step at the source', (SOURCE, 'finish_migration'),
          keeps=frozenset((SOURCE,)), frees=frozenset((DESTINATION,))),
    Phase('rollback at the source', (SOURCE, 'finish_migration'),
          departs=True, **_CALLED_OFF),
    Phase('rollback at the destination', (DESTINATION, 'finish_migration'),
          keeps=frozenset((DESTINATION,)), frees=frozenset((SOURCE,)),
          **_CALLED_OFF),
    Phase('queued', ()),
)
PRE_COPY, QUEUED = PHASES[2], PHASES[-1]

#: The same where no host is stopped: nobody refuses.
UNDISTURBED = (dataclasses.replace(PHASES[0], status='completed',
                                   reason=None), *PHASES[1:])

#: Of these, what does not expire: a queued one is not begun after a minute.
BEGUN = UNDISTURBED[:-1]

#: The driver's calls of a migration, each of which is to be made once.
ONCE = {
    (DESTINATION, 'accept_migration'): 1, (SOURCE, 'start_migration'): 1,
    (DESTINATION, 'finish_migration'): 1, (SOURCE, 'finish_migration'): 1}


class Traveller:
    """One guest that is brought into a phase of its migration."""

    def __init__(self, test, phase, uuid):
        self.test = test
        self.phase = phase
        self.uuid = uuid
        self.request_id = None

    def bring(self):
        """Ask for the migration and wait until it is in its phase."""
        if self.phase.steered:
            self._hold(SOURCE, 'start_migration')
        if self.phase.held:
            self._hold(*self.phase.held)
        self.request_id = self.test.api.live_migrate(
            self.uuid, DESTINATION).request_id
        if self.phase.steered:
            self._await(SOURCE, 'start_migration')
            self.test.await_status(self.uuid, 'running')
            self.test.steer(self.phase.steered, self.uuid)
        if not self.phase.held:
            self.test.await_status(self.uuid, 'queued')
        elif self.phase.held[1] != 'post_copy':
            self._await(*self.phase.held)

    def let_go(self, wait=True):
        """Release what is held.

        :param wait: whether to wait for a refusal, which waits for nobody
        """
        if wait and self.phase.status == 'error':
            self.test.await_status(self.uuid, 'error')
        held = [(SOURCE, 'start_migration')] if self.phase.steered else []
        if self.phase.held:
            held.append(self.phase.held)
        for host, verb in held:
            self.test.hypervisor(host).release(verb, self.uuid)

    def _hold(self, host, verb):
        self.test.hypervisor(host).hold(verb, self.uuid)

    def _await(self, host, verb):
        self.test.hypervisor(host).wait_for(
            verb, guest=self.uuid, timeout=two_hosts.PATIENCE)


def bring(test, phases):
    """Return a Traveller in each phase, and whom the queue needs.

    :param test: a TwoHostsTestCase
    """
    found = [phase for phase in phases if phase is not QUEUED]
    if QUEUED in phases:
        full = AT_A_TIME - sum(phase.departs for phase in found)
        found += full * [PRE_COPY] + [QUEUED]
    # Whoever holds a place last of all, or others could not pass.
    found.sort(key=lambda phase: (phase is QUEUED, phase.departs))
    travellers = [Traveller(test, phase, uuid) for phase, uuid in zip(
        found, test.boot_all(*len(found) * [SOURCE]))]
    for traveller in travellers:
        traveller.bring()
    return travellers


def await_all_ended(test, patience=two_hosts.PATIENCE):
    """Wait until every operation is final, as far as can be told.

    :param patience: seconds
    """
    test.await_that('all operations are final',
                    lambda: not test.records.open(), patience, every=0.1)


def check(test, traveller):
    """It has come where it was to, with each step done once."""
    phase, uuid = traveller.phase, traveller.uuid
    test.check_final(uuid, traveller.request_id, phase.status, phase.place,
                     phase.reason)
    test.assertEqual(ONCE, dict(trouble.begun(
        test, uuid, (SOURCE, DESTINATION), {verb for _, verb in ONCE})),
        phase.name)
    have = [host for host in (SOURCE, DESTINATION)
            if uuid in test.hypervisor(host).world()['guests']]
    test.assertEqual([phase.place], have, phase.name)
