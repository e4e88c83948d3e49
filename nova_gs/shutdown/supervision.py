"""What a service and whoever supervises it, such as systemd, tell each other.

At its start the service learns how long a stop may take and warns when its
budget does not fit into that.  During a stop it shows what is left, and asks
for more time while work moves.
"""

import contextlib
import logging
import threading

from nova_gs.shutdown import lease as leases
from nova_gs.shutdown import outlook
from nova_gs.shutdown import phases
from nova_gs.shutdown import systemd
from nova_gs.shutdown import unit

LOG = logging.getLogger(__name__)

#: Phases in which something may be left.
_FOLLOWED = (phases.Phase.DRAINING, phases.Phase.ABORTING)


class Supervision:
    """The service's end of it.

    :param clock: Clock
    :param budget: ``deadlines.Budget``
    :param read: callable() -> ``unit.Patience`` or None
    :param renew: callable(seconds): a stop may take so long from now on
    :param remark: callable(``lease.Remark``), for the report
    """

    def __init__(self, clock, budget, read=None, renew=None, remark=None):
        self._clock = clock
        self._budget = budget
        self._read = read or unit.read
        self._renew = renew or (lambda seconds: None)
        self._remark = remark or (lambda remark: None)
        self._remarked = set()
        self._patience = None
        self._lock = threading.Lock()
        self._motion = leases.Motion()
        self._outlook = outlook.Outlook()
        self._began = None
        self._ends_at = None
        self._limit = None
        self._moved_at = None
        self._text = 'stopping: no new work is taken'
        self._told = None

    # -- start and reload

    def meet(self):
        """Learn how long a stop may take; warn when that is too short.

        May wait for some seconds.

        :raises: ConfigurationError
        """
        self._patience = self._read()
        warning = complaint(self._patience, self._budget)
        if warning:
            LOG.warning(warning)

    @contextlib.contextmanager
    def reloading(self):
        """Show, for the time of a with-block, that options are read again."""
        systemd.reloading(self._clock.now())
        try:
            self.meet()
            yield
        finally:
            systemd.reloaded()

    # -- stop

    def lease(self):
        """Begin a stop.

        :returns: seconds that it may plan with; None when nobody kills
        """
        now = self._clock.now()
        seconds = self._patience and self._patience.seconds
        with self._lock:
            self._began = now
            self._ends_at = None if seconds is None else now + seconds
            self._limit = now + self._budget.total if (
                self._budget.total) else None
        return leases.usable(seconds)

    def stopping(self):
        """Say that a stop began."""
        with self._lock:
            systemd.stopping(self._text)

    def look(self, phase, works, ties, exit_at):
        """Show what is left; ask for more time if it moves.

        :param phase: the ``phases.Phase`` of the stop
        :param works: ``tracker.Work`` objects that are waited for
        :param ties: ``follower.Tie`` objects, likewise
        :param exit_at: when it ends at the latest: aware UTC, or None
        """
        if phase not in _FOLLOWED:
            return
        pieces = outlook.pieces_of(works, ties)
        now = self._clock.now()
        with self._lock:
            if self._motion.look([
                    leases.sight_of(piece.part, piece.phase, piece.remaining)
                    for piece in pieces]):
                self._moved_at = now
            self._note_standstill(phase, pieces, now)
            self._text = self._outlook.sentence(phase.value, pieces, exit_at)
            seconds = self._wanted(now) if (
                phase is phases.Phase.DRAINING) else None
            if seconds is None and self._text == self._told:
                return
            if not systemd.status(self._text, seconds):
                # Without the message there is no more time.
                return
            self._told = self._text
            if seconds is not None:
                self._ends_at = now + seconds
        if seconds is not None:
            self._renew(leases.usable(seconds))
            self._remark_once(leases.Remark.EXTENDED)

    def leaving(self):
        """Say that nothing is left to do but to go."""
        with self._lock:
            self._text = 'leaving: report, records, connections'
            systemd.status(self._text)

    def _note_standstill(self, phase, pieces, now):
        """Remark that no more is asked for, where more could be had."""
        if phase is not phases.Phase.DRAINING or not pieces or (
                self._began is None or self._ends_at is None):
            return
        since = self._began if self._moved_at is None else self._moved_at
        if now - since >= leases.STALLED_AFTER and (
                self._limit is None or self._ends_at < self._limit):
            self._remark_once(leases.Remark.NOT_EXTENDED)

    def _remark_once(self, remark):
        if remark not in self._remarked:
            self._remarked.add(remark)
            self._remark(remark)

    def _wanted(self, now):
        hold = (leases.STALLED_AFTER + leases.UNUSED +
                self._budget.abort_reserve + self._budget.release_reserve)
        return leases.extension(
            now, self._ends_at, self._moved_at, self._limit, hold)


def complaint(patience, budget):
    """Return what is wrong about the time that a stop is given, or None.

    :param patience: ``unit.Patience``, or None
    :param budget: ``deadlines.Budget``
    """
    if patience is None or patience.seconds is None:
        return None
    if budget.total and patience.seconds >= leases.needed(budget.total):
        return None
    has, more = ('%g s' % budget.total, '%g' % leases.needed(budget.total)
                 ) if budget.total else (
        '0, which waits without end', 'what the longest work takes')
    usable = leases.usable(patience.seconds)
    return (
        'A stop of this service is cut by force after %g s (%s of %s), but '
        'graceful_shutdown_timeout is %s. So what does not move is called '
        'off after about %g s. Set %s to %s or more (%s), or '
        'graceful_shutdown_timeout to %g or less, with an abort_reserve and '
        'a release_reserve that fit into it.' % (
            patience.seconds, patience.option, patience.who, has,
            budget.start(0, usable).abort_at, patience.option, more,
            patience.where, usable))
