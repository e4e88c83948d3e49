"""The loop of the main thread, which leads a service to its end.

Signals, threads and the clock post; the loop takes one thing after another
from its inbox, asks ``phases.follow`` what it leads to, and has it done.
What may take long is done in threads, so that the loop always hears the next
event.  The one exception are the gate's actions: they take no time, and
nothing else may begin before them.
"""

import collections
import dataclasses
import datetime
import logging
import os
import queue
import threading

from nova_gs.shutdown import deadlines as times
from nova_gs.shutdown import errand
from nova_gs.shutdown import inbox as inboxes
from nova_gs.shutdown import lease as leases
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import quiesce
from nova_gs.shutdown import report as reports

LOG = logging.getLogger(__name__)

#: Seconds that the last words before a forced exit may take.
LAST_WORDS = 1.0

#: One phase that was entered: Phase, now(), utcnow(), value of the Event.
Entry = collections.namedtuple('Entry', 'phase at wall why')


@dataclasses.dataclass(frozen=True)
class LeaseRenewed:
    """Posted when the init system allows the stop more time."""

    seconds: float


class Coordinator:
    """Leads a service from SERVING to STOPPED, or FORCED.

    :param clock: a ``clock.Clock``
    :param budget: a ``deadlines.Budget``
    :param gate: the ``tracker.Gate``; narrowed and closed here
    :param tracker: the ``tracker.Tracker``
    :param doers: {``phases.Action``: callable()}; each runs in a thread of
        its own, started in the order of the table, and may block.  An action
        without a doer is skipped; one that fails is logged and the stop goes
        on.  When the doer of RELEASE has returned, the host is released.
    :param inbox: where ``signals.deliver`` posts to; made when not given
    :param on_reload: callable(), for SIGHUP, in a thread
    :param exit: callable(code) that ends the process at once, for FORCED
    :param reason: why requests are refused during a stop
    :param lease: callable() -> seconds until the init system kills a process
        that was told to stop, or None when it does not
    :param left_elsewhere: callable() -> names of what still holds this host
        elsewhere, from memory: it must not block
    :param spawn: callable(name, function) that starts a thread
    """

    def __init__(self, clock, budget, gate, tracker, doers, inbox=None,
                 on_reload=None, exit=os._exit, reason='it is being stopped',
                 lease=None, left_elsewhere=None, spawn=None):
        self.inbox = inbox if inbox is not None else inboxes.Inbox()
        self._clock = clock
        self._budget = budget
        self._gate = gate
        self._tracker = tracker
        self._doers = dict(doers)
        self._exit = exit
        self._reason = reason
        self._lease = lease
        self._left_elsewhere = left_elsewhere
        self._spawn = spawn or errand.start_thread
        self._history = []
        self._hurried = False
        self._left = []
        self._names_left = []
        #: When the lease ends: as it was at first, and as it is now.
        self._lease_ends = ()
        #: What has led to no other phase.
        self._events = []
        self._order = quiesce.Quiesce()
        self._own = {
            phases.Action.LET_GO: self._let_go,
            phases.Action.OPEN_GATE: self._gate.open,
            phases.Action.NARROW_GATE: self._narrow_gate,
            phases.Action.CLOSE_GATE: self._gate.close,
            phases.Action.REPORT_FORCED: self._last_words,
        }
        self._on_notice = {
            inboxes.Notice.RELOAD: errand.Errand(
                'reload', on_reload or _nothing, self._spawn),
        }
        self._set(times.Deadlines())
        self._enter(phases.Phase.SERVING, 'start')

    # -- what others may ask, from any thread

    @property
    def phase(self):
        """The ``phases.Phase`` that the service is in."""
        return self._history[-1].phase

    @property
    def deadline(self):
        """When the process ends at the latest: aware UTC, or None."""
        return self._deadline

    @property
    def deadlines(self):
        """The ``deadlines.Deadlines`` as they are now."""
        return self._deadlines

    @property
    def history(self):
        """The ``Entry`` of each phase so far, the present one last."""
        return list(self._history)

    @property
    def calls_off(self):
        """Whether the stop ends now what may be ended."""
        return self.phase is phases.Phase.ABORTING

    @property
    def hurried(self):
        """Whether the order to stop was given once more."""
        return self._hurried

    def seconds_left(self):
        """Return the seconds until it ends at the latest, or None."""
        return times.seconds_left(self._deadlines, self._clock.now())

    def bounded(self, seconds):
        """Return how long a call of a stop may wait: at most this long."""
        left = self.seconds_left()
        return seconds if left is None else min(seconds, left)

    def left(self):
        """Return the works that the next start must take up."""
        return self._left + [
            work for work in self._tracker.history()
            if work.fate is policy.Fate.LEFT and work not in self._left]

    def exit_code(self):
        """Return the ``policy.ExitCode``, as far as it is known by now."""
        return policy.exit_code(
            self.phase, bool(self.left() or self._names_left))

    def report(self):
        """Return the ``report.DrainReport`` of the stop so far."""
        now = self._clock.now()
        left = self.left()
        ended = [work for work in self._tracker.history()
                 if work not in left]
        code = self.exit_code()
        ends = [entry.at for entry in self._history[1:]] + [now]
        return reports.DrainReport(
            host=self._gate.host, pid=os.getpid(),
            written_at=self._clock.utcnow().isoformat(),
            budget_seconds=self._budget.total,
            deadline=self.deadline and self.deadline.isoformat(),
            exit_code=int(code), outcome=code.name.lower(),
            phases=[
                reports.PhaseRecord(
                    phase=entry.phase.value, why=entry.why,
                    entered_at=entry.wall.isoformat(),
                    seconds=round(end - entry.at, 3))
                for entry, end in zip(self._history, ends)],
            works=[reports.WorkRecord.of(work, work.fate) for work in ended]
            + [reports.WorkRecord.of(work, policy.Fate.LEFT)
               for work in left],
            left_elsewhere=self._names_left,
            refused=self._gate.refused,
            handed_back=self._gate.handed_back, events=list(self._events),
            deadlines={name: self._on_the_wall(at) for name, at in
                       dataclasses.asdict(self._deadlines).items()},
            lease_ends=[self._on_the_wall(at) for at in self._lease_ends])

    def _on_the_wall(self, at):
        """Return an instant of the monotonic clock as people read it."""
        if at is None:
            return None
        return (self._clock.utcnow() + datetime.timedelta(
            seconds=at - self._clock.now())).isoformat()

    # -- what moves it

    def post(self, event):
        """Leave word for the loop; from any thread, or a signal handler."""
        self.inbox.put(event)

    def renew_lease(self, seconds):
        """Tell that the init system waits so many seconds from now on."""
        self.post(LeaseRenewed(seconds))

    def remark(self, remark):
        """Put something into the report that leads to nothing.

        :param remark: a ``lease.Remark``
        """
        self.post(remark)

    def run(self):
        """Lead the service to its end; the whole life of the main thread.

        :returns: the ``policy.ExitCode``.  Threads that were left may still
            run, so the caller ends the process by ``os._exit`` rather than
            waiting for them.
        """
        while self.phase not in phases.TERMINAL:
            self.turn()
        code = self.exit_code()
        if self.phase is phases.Phase.FORCED:
            self._exit(int(code))
        return code

    def turn(self):
        """Wait for the next event or deadline, and handle it."""
        now = self._clock.now()
        event = times.due(self.phase, self._deadlines, now)
        if event is None:
            timeout = times.seconds_until_next(
                self.phase, self._deadlines, now)
            try:
                event = self.inbox.get(timeout=timeout)
            except queue.Empty:
                return
        self.handle(event)

    def handle(self, event):
        """Handle one thing from the inbox; does not block.

        :param event: a ``phases.Event``, an ``inbox.Notice``, a
            ``LeaseRenewed``, a ``lease.Remark`` or a ``quiesce.Quiesce``
        """
        if isinstance(event, LeaseRenewed):
            self._renew(event.seconds)
        elif isinstance(event, leases.Remark):
            self._note_event(event)
        elif isinstance(event, inboxes.Notice):
            self._on_notice[event].ask()
        elif isinstance(event, quiesce.Quiesce):
            self._order = event
            self._move(phases.Event.QUIESCE)
        else:
            self._move(event)

    def _move(self, event):
        if event is phases.Event.TERM:
            self._hurried = self.phase not in quiesce.STAYS
        phase, actions = phases.follow(self.phase, event)
        if phase is self.phase and not actions:
            return
        # Between the post and now a step may have come in.
        if event is phases.Event.IDLE and not self._gate.close_if_idle():
            return
        self._cut_time(phase, event)
        self._note_left(phase, event)
        if phase is not self.phase:
            self._enter(phase, event.value)
        else:
            self._note_event(event)
        for action in actions:
            own = self._own.get(action)
            if own is not None:
                own()
            else:
                self._do(action, self._doers.get(action))
        # Last, since a log may be slow and the gate must not be.
        LOG.info('%s: %s, because of %s. %s', self._gate.host, phase.value,
                 event.value, self._outlook())

    def _cut_time(self, phase, event):
        now = self._clock.now()
        if phase in quiesce.STAYS:
            self._set(quiesce.cut(
                event, self._order, self._budget, self._clock))
        elif phase is phases.Phase.DRAINING:
            self._tracker.begin_history()
            self._set(self._budget.start(now, self._begin_lease(now)))
        elif event is phases.Event.TERM:
            self._set(self._budget.hurry(self._deadlines, now))
        elif phase is phases.Phase.RELEASING:
            self._set(self._budget.release(self._deadlines, now))

    def _begin_lease(self, now):
        seconds = _ask(self._lease)
        if seconds is not None:
            self._lease_ends = (now + seconds,)
        return seconds

    def _set(self, deadlines):
        self._deadlines = deadlines
        left = self.seconds_left()
        self._deadline = None if left is None else (
            self._clock.utcnow() + datetime.timedelta(seconds=left))

    def _note_left(self, phase, event):
        """Settle what was left, before it can change any more."""
        if (event is phases.Event.RELEASE_DUE or
                phase is phases.Phase.FORCED and not self._left):
            self._gate.close()
            self._left = self._tracker.holding()
        elif event is not phases.Event.IDLE:
            return
        # After IDLE, too: nobody may have answered for too long.
        self._names_left = list(_ask(self._left_elsewhere) or ())

    def _renew(self, seconds):
        if self.phase is not phases.Phase.DRAINING:
            return
        began = self._history[-1].at
        ends_at = self._clock.now() + seconds
        self._lease_ends = (self._lease_ends or (None,))[:1] + (ends_at,)
        self._set(self._budget.start(began, ends_at - began))
        # Whoever is refused is told the new deadline.
        self._narrow_gate()

    # -- how it is done

    def _note_event(self, event):
        self._events.append(reports.EventRecord(
            self._clock.utcnow().isoformat(), event.value))

    def _enter(self, phase, why):
        self._history.append(Entry(
            phase, self._clock.now(), self._clock.utcnow(), why))

    def _outlook(self):
        if self.phase in phases.TERMINAL:
            return 'Exit code %d.' % self.exit_code()
        if self.deadline is None:
            return 'There is no deadline.'
        return 'Ends by %s at the latest.' % self._deadline_text()

    def _deadline_text(self):
        if self.deadline is None:
            return 'its work has ended'
        return self.deadline.strftime('%Y-%m-%d %H:%M:%S UTC')

    def _let_go(self):
        self._gate.let_go(self._order.reason or quiesce.NO_REASON,
                          quiesce.UNTIL_TAKEN_BACK)

    def _narrow_gate(self):
        self._gate.narrow(self._reason, self._deadline_text())

    def _last_words(self):
        doer = self._doers.get(phases.Action.REPORT_FORCED)
        said = self._do(phases.Action.REPORT_FORCED, doer)
        if not said.wait(LAST_WORDS):
            LOG.warning('What was to be said before the forced exit is not '
                        'said after %g s; leaving without.', LAST_WORDS)

    def _do(self, what, doer):
        """Have something done in a thread; return an Event of its end."""
        done = threading.Event()

        def run():
            try:
                if doer is not None:
                    doer()
            except Exception:
                LOG.exception('%s failed at %s; it goes on without.',
                              self._gate.host, what.value)
            finally:
                done.set()
                if what is phases.Action.RELEASE:
                    self.post(phases.Event.RELEASED)

        try:
            if doer is None:
                run()
            else:
                self._spawn('shutdown-' + what.value, run)
        except RuntimeError as error:
            LOG.error('%s cannot start a thread for %s: %s',
                      self._gate.host, what.value, error)
            done.set()
        return done


def _nothing():
    """Stand in for whoever is not there to be told."""


def _ask(callback):
    """Return what a callback says; None when there is none or it fails."""
    try:
        return callback and callback()
    except Exception:
        LOG.exception('A question of the stop failed; it goes on without.')
        return None
