"""What decides, during a stop, that nothing is left to wait for.

Nothing is left when the intake is closed, no work runs here, and no open
operation elsewhere still needs this host (a migration whose other end works).
The last is asked of a service that may be away or slow, so it is asked last,
in a thread of its own, and its silence never keeps an idle host.
"""

import logging
import threading

from nova_gs import clock as clocks
from nova_gs.shutdown import phases

LOG = logging.getLogger(__name__)


class _Answer:
    """The answer to one question, once it is there."""

    def __init__(self, about):
        self.about = about
        self.names = None
        self.given = threading.Event()


class _Question:
    """Asks somebody who may not answer, without waiting for it for ever."""

    def __init__(self, ask):
        self._ask = ask
        self._pending = None
        self._failed = False

    def put(self, about, timeout):
        """Ask, or go on waiting for the answer if that was asked already.

        :param about: an answer counts only for a question about the same
        :param timeout: seconds to wait at most
        :returns: a list, or None when there is no answer (yet)
        """
        if self._pending is None or self._pending.about != about:
            self._pending = _Answer(about)
            threading.Thread(target=self._run, args=(self._pending, timeout),
                             name='shutdown-elsewhere', daemon=True).start()
        answer = self._pending
        if not answer.given.wait(timeout):
            return None
        self._pending = None
        return answer.names

    def _run(self, answer, timeout):
        failure = None
        try:
            answer.names = [str(name) for name in self._ask(timeout)]
        except Exception as error:
            failure = str(error)
        # Not in the clause above: oslo.log would add the error again.
        if failure and not self._failed:
            LOG.warning('Cannot ask which operations still need this host: '
                        '%s. The stop goes on without.', failure.rstrip('.'))
        self._failed = failure is not None
        answer.given.set()


class Follower:
    """Follows what is left of a stop and posts IDLE when nothing is.

    :param tracker: the ``tracker.Tracker``
    :param intake_closed: a ``threading.Event``: no new request can arrive
    :param elsewhere: callable(timeout in seconds) -> names of the open
        operations that hold this host, apart from the works of the tracker;
        raises when it cannot tell
    :param post: callable(``phases.Event``)
    :param interval: seconds between two looks when nothing changes
    :param bound: seconds that an unanswered question may delay an idle host
    :param courtesy: seconds from the first look during which reads in
        progress are waited for as well
    :param on_change: callable(text), told what is left whenever it changes
    """

    def __init__(self, tracker, intake_closed, elsewhere, post, clock=None,
                 interval=0.25, bound=2.0, courtesy=5.0, on_change=None):
        self._tracker = tracker
        self._intake_closed = intake_closed
        self._question = _Question(elsewhere)
        self._post = post
        self._clock = clock or clocks.Clock()
        self._interval = interval
        self._bound = bound
        self._courtesy = courtesy
        self._on_change = on_change
        self._stopped = threading.Event()
        self._began = None
        self._idle_since = None
        self._known = []
        self._known_at = None
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
        return list(self._known)

    def look(self):
        """Look once; post IDLE if nothing is left and this is news."""
        seen = self._tracker.changes
        now = self._clock.now()
        if self._began is None:
            self._began = now
        works = self._waited_for(now)
        if works or not self._intake_closed.is_set():
            self._idle_since = None
            self._tell(works, self._known)
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
        since = self._idle_since
        if self._known_at is not None:
            since = max(since, self._known_at)
        give_up_at = since + self._bound
        names = self._question.put(
            self._idle_since, max(0.0, give_up_at - self._clock.now()))
        if names is None:
            if self._clock.now() >= give_up_at:
                self._known = []
            return self._known
        self._known, self._known_at = names, self._clock.now()
        return names

    def _tell(self, works, names):
        text = describe(works, names, self._intake_closed.is_set())
        # Progress is for on_change; the log has a line when work ends.
        ids = ([work.id for work in works], sorted(names),
               self._intake_closed.is_set())
        if ids != self._logged:
            self._logged = ids
            LOG.info('Stopping: %s.', text)
        if self._on_change is not None and text != self._told:
            self._told = text
            try:
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
