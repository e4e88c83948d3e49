"""What decides, during a stop, that nothing is left to wait for.

Nothing is left when the intake is closed, no work runs here, and no open
operation elsewhere still needs this host (a migration whose other end works).
The last is asked of a service that may be away or slow, so it is asked in a
thread of its own.  Its silence does not keep an idle host; what was open when
there last was an answer is waited for a while longer.
"""

import dataclasses
import logging
import threading

from nova_gs import clock as clocks
from nova_gs.shutdown import phases

LOG = logging.getLogger(__name__)


#: What is asked before it is time, to know who answers at all.
_EARLY = 'the beginning'


@dataclasses.dataclass(frozen=True)
class Tie:
    """An operation elsewhere that holds this host.

    :ivar name: for people
    :ivar key: what it is; the same in every answer
    :ivar phase: what is done to it now
    :ivar progress: per cent, or None
    :ivar remaining: bytes left to copy, or None
    """

    name: str
    key: str | None = None
    phase: str = ''
    progress: int | None = None
    remaining: int | None = None

    def __str__(self):
        return self.name


class _Answer:
    """The answer to one question, once it is there."""

    def __init__(self, about, number, asked_at):
        self.about = about
        self.number = number
        self.asked_at = asked_at
        self.names = None
        self.given = threading.Event()


class _Question:
    """Asks somebody who may not answer, without waiting for it for ever.

    :param ask: callable(timeout in seconds) -> ties
    :param clock: Clock
    :param bound: seconds of silence in all, from the first question that
        was not answered
    :param heard: callable() -> whether that somebody has answered anything
        else lately; then a silence before the question does not count
    """

    def __init__(self, ask, clock, bound, heard):
        self._ask = ask
        self._heard = heard
        self._clock = clock
        self._bound = bound
        self._lock = threading.Lock()
        self._newest = _Answer(None, 0, None)
        self._newest.names = []
        self._pending = None
        self._asked = 0
        self._silent_since = None
        self._failed = False

    @property
    def known(self):
        """The newest answer that there was: a list."""
        return self._newest.names

    def put(self, about):
        """Ask, unless that is being asked already.

        :param about: an answer counts only for a question about the same
        """
        if self._pending is not None and self._pending.about == about:
            return
        now = self._clock.now()
        with self._lock:
            if self._silent_since is None:
                self._silent_since = now
        self._asked += 1
        self._pending = _Answer(about, self._asked, now)
        threading.Thread(target=self._run, args=(self._pending,),
                         name='shutdown-elsewhere', daemon=True).start()

    def answer(self):
        """Wait for the answer to what was asked last.

        :returns: a list, or None when there is no answer (yet)
        """
        answer, since = self._pending, self._silent_since
        if since is None or self._heard():
            # Somebody has answered meanwhile, but not this.
            since = answer.asked_at
        left = since + self._bound - self._clock.now()
        if not answer.given.wait(max(0, left)):
            return None
        self._pending = None
        return answer.names

    def silence(self):
        """Return for how many seconds there has been no answer."""
        since = self._silent_since
        return 0 if since is None else self._clock.now() - since

    def _run(self, answer):
        failure = None
        try:
            answer.names = list(self._ask(self._bound))
        except Exception as error:
            failure = str(error)
        else:
            with self._lock:
                self._silent_since = None
                if answer.number > self._newest.number:
                    self._newest = answer
        # Not in the clause above: oslo.log would add the error again.
        if failure and not self._failed:
            LOG.warning('Cannot ask which operations still need this host: '
                        '%s. The stop goes on without.', failure.rstrip('.'))
        self._failed = failure is not None
        answer.given.set()


class Follower:
    """Follows what is left of a stop and posts IDLE when nothing is.

    :param tracker: the ``tracker.Tracker``
    :param intake_closed: a ``threading.Event``: nothing new is let in
    :param elsewhere: callable(timeout in seconds) -> a ``Tie``, or a name,
        for each open operation that holds this host, apart from the works
        of the tracker; raises when it cannot tell
    :param post: callable(``phases.Event``)
    :param interval: seconds between two looks when nothing changes
    :param bound: seconds that unanswered questions may delay an idle host
    :param patience: seconds of silence during which an operation is waited
        for that was open when there last was an answer
    :param courtesy: seconds from the first look during which reads in
        progress are waited for as well
    :param on_change: callable(text), told what is left whenever it changes
    :param on_look: callable(works, ties), told what is left at every look
    :param heard: callable() -> whether those who are asked elsewhere have
        answered anything lately
    """

    def __init__(self, tracker, intake_closed, elsewhere, post, clock=None,
                 interval=0.25, bound=2.0, patience=60.0, courtesy=5.0,
                 on_change=None, on_look=None, heard=lambda: False):
        self._tracker = tracker
        self._intake_closed = intake_closed
        self._post = post
        self._clock = clock or clocks.Clock()
        self._question = _Question(elsewhere, self._clock, bound, heard)
        self._interval = interval
        self._patience = patience
        self._courtesy = courtesy
        self._on_change = on_change
        self._on_look = on_look
        self._stopped = threading.Event()
        self._began = None
        self._idle_since = None
        self._posted = None
        self._logged = None
        self._told = None

    def run(self):
        """Look again and again until ``stop()``; the body of a thread."""
        while not self._stopped.is_set():
            seen = self._tracker.changes
            self.look()
            self._tracker.wait_change(self._interval, since=seen)

    def stop(self):
        """Let ``run`` return at its next look, within ``interval``."""
        self._stopped.set()

    def left_elsewhere(self):
        """Return the last known names of what holds the host elsewhere."""
        return [str(tie) for tie in self._question.known]

    def silence(self):
        """Return for how many seconds no question has been answered."""
        return self._question.silence()

    def look(self):
        """Look once; post IDLE if nothing is left and this is news."""
        seen = self._tracker.changes
        now = self._clock.now()
        if self._began is None:
            self._began = now
            self._question.put(_EARLY)
        works = self._waited_for(now)
        if works or not self._intake_closed.is_set():
            self._idle_since = None
            self._tell(works, self._question.known)
            return
        if self._idle_since is None:
            self._idle_since = now
        if self._posted == seen:
            return
        names = self._elsewhere()
        self._tell(works, names)
        if not names:
            # What came in since shows as a change, and is looked at anew.
            self._posted = seen
            self._post(phases.Event.IDLE)

    def _waited_for(self, now):
        if now - self._began < self._courtesy:
            return self._tracker.list()
        return self._tracker.holding()

    def _elsewhere(self):
        """Return what holds the host elsewhere, as far as one can know."""
        self._question.put(self._idle_since)
        names = self._question.answer()
        if names is not None:
            return names
        if self._question.silence() >= self._patience:
            return []
        return self._question.known

    def _tell(self, works, names):
        text = describe(works, names, self._intake_closed.is_set())
        # Progress is for on_change; the log has a line when work ends.
        ids = ([work.id for work in works], sorted(map(str, names)),
               self._intake_closed.is_set())
        if ids != self._logged:
            self._logged = ids
            LOG.info('Stopping: %s.', text)
        try:
            if self._on_look is not None:
                self._on_look(works, names)
            if self._on_change is not None and text != self._told:
                self._told = text
                self._on_change(text)
        except Exception:
            LOG.exception('What is left could not be shown: %s', text)


def describe(works, names, intake_closed=True):
    """Say in a sentence what a stop still waits for.

    :param works: ``tracker.Work`` that run here
    :param names: operations that hold the host elsewhere
    """
    parts = []
    if not intake_closed:
        parts.append('the intake to close')
    parts.extend(str(work) for work in works)
    parts.extend('%s (on another host)' % name for name in names)
    if not parts:
        return 'nothing is left'
    return 'waiting for ' + ', '.join(parts)
