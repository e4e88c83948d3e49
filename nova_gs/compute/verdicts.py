"""What a start makes of a step that the last process had begun: the table.

A step that was only offered is simply taken up.  One that was claimed may
have been cut at any point, so the hypervisor is asked first.  What it says
and which step it was decide; nothing here acts or looks.
"""

import dataclasses
import enum
import typing

from nova_gs.compute import build
from nova_gs.compute import power
from nova_gs.rpc import catalogue
from nova_gs.virt import driver


class Found(enum.Enum):
    """What the hypervisor says of the guest."""

    RUNS = 'runs here'
    OFF = 'is here and switched off'
    PAUSED = 'is here and stands still'
    WAITS = 'is here and waits for its ports'
    SUSPENDED = 'is here, with its memory on disk'
    ABSENT = 'is not here'
    MOVES = 'is on its way, or has arrived'


class Verdict(enum.Enum):
    """What becomes of the operation."""

    ADOPT = 'adopt'          # the hypervisor goes on with it: watch it again
    FINISH = 'finish'        # it was done, or what is left can be done now
    ROLL_BACK = 'roll back'  # what was made of it is removed
    FAIL = 'fail'            # nobody can tell, or nothing can be done


@dataclasses.dataclass(frozen=True)
class Row:
    """One decision.

    ``told`` goes into the log, the report and the action's event, and where
    the operation does not succeed to the user.  ``act`` does what is left on
    one guest, ``act(host, operation)``, and returns the fields of the
    instance that it changes; where nothing can be done these say what the
    guest is.  Steps that two hosts are concerned with have none here.
    """

    verdict: Verdict
    told: str
    act: typing.Optional[typing.Callable] = None


def _whatever(row):
    """Return the rows of a step that need not look."""
    return dict.fromkeys(Found, row)


_AGAIN = _whatever(Row(
    Verdict.FINISH, 'The step may be repeated and is begun again.'))

_UNBUILT = Row(
    Verdict.ROLL_BACK, 'What was made of the guest is removed. Delete the '
    'server, then ask for it again.', build.undo)

_GOES_ON_WAITING = Row(
    Verdict.ADOPT, 'The guest waits for its ports to be plugged in, and goes '
    'on waiting.')

_LOST = Row(
    Verdict.FAIL, 'Its hypervisor does not have the guest. Look at the '
    'instance, then ask again.')

_STAYED = Row(
    Verdict.ROLL_BACK, 'The hypervisor does not move the guest any more, and '
    'has it here.')

_REMOVED = Row(
    Verdict.FINISH, 'What is left of the guest is removed.', build.delete)
_RESTARTED = Row(
    Verdict.FINISH, 'The guest had been switched off, and is switched on '
    'again now.', power.start)
_PERHAPS_RESTARTED = Row(
    Verdict.FAIL, 'Nobody can tell whether the guest was restarted. Look at '
    'the instance, then ask again.', power.as_found)
_STANDS_STILL = Row(
    Verdict.FAIL, 'The guest stands still, and this host does not know why. '
    'Look at it with the hypervisor\'s own means.', power.as_found)
_IS_OFF = Row(
    Verdict.FAIL, 'The guest is switched off. Look at the instance, then ask '
    'again.', power.as_found)


def _done(what, act):
    """Return the row of a guest that was changed and not recorded."""
    return Row(Verdict.FINISH, 'The guest had been %s; only the record of it '
               'was missing.' % what, act)


def _now(what, act):
    """Return the row of a guest that is changed only now."""
    return Row(Verdict.FINISH, 'The guest is %s now.' % what, act)


_BUILT = _done('built', build.found_running)
_WAS_ON = _done('switched on', power.start)
_ON_NOW = _now('switched on', power.start)
_WAS_OFF = _done('switched off', power.stop)
_OFF_NOW = _now('switched off', power.stop)
_WAS_PAUSED = _done('paused', power.pause)
_WENT_ON = _done('let go on', power.unpause)
_WAS_SUSPENDED = _done('suspended', power.suspend)
_WAS_RESUMED = _done('resumed', power.resume)
_PAUSED_NOW = _now('paused', power.pause)
_GOES_ON_NOW = _now('let go on', power.unpause)
_SUSPENDED_NOW = _now('suspended', power.suspend)
_RESUMED_NOW = _now('resumed', power.resume)
_MOVES = Row(
    Verdict.ADOPT, 'The hypervisor has gone on with the migration, which is '
    'watched again.')


def _found(runs, off, paused, suspended, waits=None, absent=_LOST,
           moves=_LOST):
    # Only what is being built waits; otherwise it merely stands still.
    return {Found.RUNS: runs, Found.OFF: off, Found.PAUSED: paused,
            Found.WAITS: waits or paused,
            Found.SUSPENDED: suspended, Found.ABSENT: absent,
            Found.MOVES: moves}


#: {step: {Found: Row}}, for every step that a compute executes.
TABLE = {
    'build_instance': _found(
        _BUILT, _UNBUILT, _UNBUILT, _UNBUILT, waits=_GOES_ON_WAITING,
        absent=_UNBUILT),
    'delete_instance': _whatever(_REMOVED),
    'start_instance': _found(_WAS_ON, _ON_NOW, _STANDS_STILL, _STANDS_STILL),
    'stop_instance': _found(_OFF_NOW, _WAS_OFF, _OFF_NOW, _STANDS_STILL),
    'reboot_instance': _found(
        _PERHAPS_RESTARTED, _RESTARTED, _PERHAPS_RESTARTED, _RESTARTED),
    'pause_instance': _found(_PAUSED_NOW, _IS_OFF, _WAS_PAUSED, _IS_OFF),
    'unpause_instance': _found(_WENT_ON, _IS_OFF, _GOES_ON_NOW, _IS_OFF),
    'suspend_instance': _found(
        _SUSPENDED_NOW, _IS_OFF, _SUSPENDED_NOW, _WAS_SUSPENDED),
    'resume_instance': _found(
        _WAS_RESUMED, _IS_OFF, _RESUMED_NOW, _RESUMED_NOW),
    'live_migration': _found(
        _STAYED, _STAYED, _STAYED, _STAYED, absent=_STAYED, moves=_MOVES),
    'post_live_migration_at_destination': _AGAIN,
    'rollback_live_migration_at_destination': _AGAIN,
    'post_live_migration_at_source': _AGAIN,
    'prep_resize': _AGAIN,
    'resize_instance': _AGAIN,
    'finish_resize': _AGAIN,
    'confirm_resize': _AGAIN,
    'revert_resize': _AGAIN,
    'finish_revert_resize': _AGAIN,
}

#: What a conductor had in hand and a sweep has marked: nothing has begun.
_UNBEGUN = Row(
    Verdict.FAIL, 'Nothing had begun on this host. Look at the instance, '
    'then ask again.')

_BY_POWER = {
    driver.PowerState.RUNNING: Found.RUNS,
    driver.PowerState.SHUTDOWN: Found.OFF,
    driver.PowerState.CRASHED: Found.OFF,
    driver.PowerState.SUSPENDED: Found.SUSPENDED,
}


def found(guest, waits=False):
    """Return what a guest that nobody moves is ``Found`` as.

    :param guest: driver.Guest, or None when the hypervisor has none
    :param waits: whether it stands still until its ports are plugged in,
        if it does stand still
    """
    if guest is None:
        return Found.ABSENT
    what = _BY_POWER.get(guest.power_state, Found.PAUSED)
    return Found.WAITS if waits and what is Found.PAUSED else what


def is_begun_again(step):
    """Whether a step that was cut is simply offered once more."""
    return TABLE.get(step) is _AGAIN


def looks(step):
    """Whether the hypervisor has to be asked before a step is settled."""
    return (not catalogue.is_conductor_step(step)
            and len(set(TABLE[step].values())) > 1)


def decide(step, what):
    """Return the ``Row`` of a step that was cut.

    :param step: its name
    :param what: a ``Found``; None where nobody needs to look
    """
    if catalogue.is_conductor_step(step):
        return _UNBEGUN
    return TABLE[step][Found.ABSENT if what is None else what]
