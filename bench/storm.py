"""What happens in a round: requests and faults, each at its moment.

A plan follows from the seed, the number of the round and the cloud's size
alone, so that a round that went wrong can be played again.  Which guest a
request meets is said by a number, since guests come and go; whoever plays
the plan counts through those there are.
"""

import dataclasses
import random

#: Seconds in which a round's requests and faults begin.
LASTS = 5.0

#: Requests, in relation to each other.  All but BOOT are about a guest.
BOOT, REBOOT, STOP, START, DELETE = 'boot', 'reboot', 'stop', 'start', 'delete'
PAUSE, UNPAUSE, SUSPEND, RESUME = 'pause', 'unpause', 'suspend', 'resume'
MIGRATE, ABORT, FORCE = 'migrate', 'abort', 'force-complete'
#: The first two are of guests that are switched off for it, and the last two
#: settle what became of them.
MOVE, RESIZE, CONFIRM, REVERT = 'move', 'resize', 'confirm', 'revert'
_REQUESTS = {BOOT: 4, REBOOT: 6, STOP: 2, START: 3, DELETE: 3, MIGRATE: 9,
             ABORT: 3, FORCE: 2, PAUSE: 2, UNPAUSE: 3, SUSPEND: 2, RESUME: 3,
             MOVE: 3, RESIZE: 3, CONFIRM: 3, REVERT: 4}

#: Faults, in relation to each other.
KILL, TERMINATE, FREEZE = 'kill', 'terminate', 'freeze'
_FAULTS = {KILL: 5, TERMINATE: 3, FREEZE: 3}

#: What is hit, in relation to each other.
COMPUTE, CONDUCTOR, BROKER, HYPERVISOR = (
    'compute', 'conductor', 'broker', 'hypervisor')
_TARGETS = {COMPUTE: 8, CONDUCTOR: 4, BROKER: 1, HYPERVISOR: 3}

#: What a part does not do in a time that a round has: a libvirtd with
#: clients takes half a minute to end when it is asked to.
_NEVER = {('libvirt', HYPERVISOR): (TERMINATE,)}

CONDUCTORS = ('conductor', 'conductor-2')

#: How long something is away or stands still, in seconds: mostly too short
#: for anybody to take it for lost, at times long enough.
SHORT, LONG = (0, 2), (3, 7)
_LONG_ONES = 0.25


@dataclasses.dataclass(frozen=True)
class Ask:
    """One request.

    :param at: seconds from the round's beginning
    :param kind: one of the requests above
    :param guest: counts through the guests, or the migrations, there are
    :param host: where to, or None to leave that to the cloud
    """

    at: float
    kind: str
    guest: int
    host: str | None = None

    def __str__(self):
        return '%5.2f %s guest %d%s' % (
            self.at, self.kind, self.guest,
            ' to %s' % self.host if self.host else '')


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault, and its end.

    :param at: seconds from the round's beginning
    :param kind: one of the faults above
    :param part: what is hit, by its name in the cloud
    :param lasts: seconds for which it stands still, or is not started again
        once it has ended
    """

    at: float
    kind: str
    part: str
    lasts: float

    def __str__(self):
        return '%5.2f %s %s for %.2f s' % (
            self.at, self.kind, self.part, self.lasts)


@dataclasses.dataclass(frozen=True)
class Plan:
    """One round, in the order of time."""

    asks: tuple
    faults: tuple

    def __str__(self):
        return '\n'.join(str(each) for each in sorted(
            self.asks + self.faults, key=lambda each: each.at))


def plan(seed, number, hosts, driver):
    """Return the Plan of a round; the same for the same arguments.

    :param seed: int
    :param number: of the round, from 1
    :param hosts: list of the names of the hosts
    :param driver: 'fake' or 'libvirt'
    """
    # A text, since a seed that is a tuple is not the same in each process.
    dice = random.Random('%d/%d/%d/%s' % (seed, number, len(hosts), driver))
    asks = [_ask(dice, hosts) for _count in range(
        3 * len(hosts) if driver == 'fake' else 3 + 2 * len(hosts))]
    return Plan(tuple(sorted(asks, key=lambda ask: ask.at)),
                tuple(_faults(dice, hosts, driver)))


def _draw(dice, weights, without=()):
    names = [name for name in weights if name not in without]
    return dice.choices(names, [weights[name] for name in names])[0]


def _ask(dice, hosts):
    kind = _draw(dice, _REQUESTS)
    host = dice.choice(hosts) if dice.random() < 0.5 else None
    return Ask(round(dice.uniform(0, LASTS), 2), kind, dice.randrange(1000),
               host if kind in (BOOT, MIGRATE, MOVE) else None)


def _faults(dice, hosts, driver):
    """Return the faults; no part has two at a time."""
    hit = {}
    for _count in range(dice.randint(2, 2 + len(hosts) // 2)):
        target = _draw(dice, _TARGETS)
        kind = _draw(dice, _FAULTS, _NEVER.get((driver, target), ()))
        # Some come together: both ends of a move, a host and its conductor.
        at = (dice.choice(list(hit.values())).at
              if hit and dice.random() < 0.25
              else round(dice.uniform(0.3, LASTS), 2))
        part = _part(dice, target, hosts, driver)
        lasts = round(dice.uniform(
            *(LONG if dice.random() < _LONG_ONES else SHORT)), 2)
        hit.setdefault(part, Fault(at, kind, part, lasts))
    return sorted(hit.values(), key=lambda fault: fault.at)


def _part(dice, target, hosts, driver):
    if target == BROKER:
        return BROKER
    if target == CONDUCTOR:
        return dice.choice(CONDUCTORS)
    host = dice.choice(hosts)
    if target == COMPUTE:
        return host
    return '%s@%s' % ('libvirtd' if driver == 'libvirt' else 'hypervisor',
                      host)
