"""What runs on this host now, and the gate that it came in by.

The gate asks and registers under one lock, so nothing begins after the gate
was closed without being seen, and nothing that is seen was refused::

    with gate.enter('build_instance', WhileDraining.NEVER,
                    OnShutdown.FINISH, instance_uuid=uuid) as work:
        work.say('fetching the image')
        future = pool.submit(build, work)
        future.add_done_callback(lambda _: work.release())
        work.hand_over()    # from here on the future holds the work
"""

import collections
import datetime
import itertools
import logging
import threading

from nova_gs import exception
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)

#: Longest estimate in seconds that is worth telling: 100 days.
FORESEEN = 100 * 86400


class Work:
    """One thing that the host does, from its admission to its release.

    :ivar id: a number, unique in this process
    :ivar name: what it is, e.g. the name of the RPC method
    :ivar operation_uuid: the operation that it is a step of, or None
    :ivar instance_uuid: the instance that it is about, or None
    :ivar kind: what the operation is for, e.g. 'live-migration', or None
    :ivar request_id: of the request that asked for it, or None
    :ivar on_shutdown: ``policy.OnShutdown``; may be changed as it proceeds
    :ivar since: when it began, by the monotonic clock
    :ivar began_at: the same as an aware UTC datetime
    :ivar ended_at: likewise, when it was released; None before
    :ivar note: what it does at the moment, in words for operators
    :ivar progress: how far it is, in per cent, or None when that is unknown
    :ivar remaining: bytes that it still has to copy, or None
    :ivar ends_at: when it ends if it goes on like that: an aware UTC
        datetime, or None when nobody can tell
    :ivar fate: ``policy.Fate`` once it was released or marked, else None
    """

    _ids = itertools.count(1)

    def __init__(self, tracker, name, on_shutdown, operation_uuid=None,
                 instance_uuid=None):
        self.id = next(self._ids)
        self.name = name
        self.on_shutdown = on_shutdown
        self.operation_uuid = operation_uuid
        self.instance_uuid = instance_uuid
        self.kind = None
        self.request_id = None
        self.since = tracker.clock.now()
        self.began_at = tracker.clock.utcnow()
        self.ended_at = None
        self.note = ''
        self.progress = None
        self.remaining = None
        self.ends_at = None
        self.fate = None
        self._tracker = tracker
        self._handed_over = False

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if not self._handed_over:
            self.release()

    def __str__(self):
        text = self.name
        if self.instance_uuid:
            text += ' of instance %s' % self.instance_uuid
        said = [self.note] if self.note else []
        if self.progress is not None:
            said.append('%d %%' % self.progress)
        return '%s (%s)' % (text, ', '.join(said)) if said else text

    def say(self, note, progress=None, remaining=None, needed=None):
        """Tell operators what the work does now; from any thread.

        :param note: a few words
        :param progress: per cent, or None
        :param remaining: bytes that are left to copy, or None
        :param needed: seconds until its end if it goes on like that; None or
            infinity when nobody can tell
        """
        self._tracker.update(self, note, progress, remaining, needed)

    def belongs_to(self, operation):
        """Take over what the operation knows, once it has been claimed.

        :param operation: an ``objects.Operation``
        """
        self.instance_uuid = operation.instance_uuid
        self.kind = operation.kind
        self.request_id = operation.request_id

    def mark(self, fate):
        """Set what the report will say of this work when it is released."""
        self.fate = fate

    def hand_over(self):
        """Let the with-block end without a release: another one does it.

        To be called last in the block, when the other one is certain to.
        """
        self._handed_over = True
        return self

    def release(self, fate=None):
        """Say that the work does not run any more; again does nothing.

        :param fate: a ``policy.Fate``; without it what was marked, or
            ``FINISHED``
        """
        self._tracker.remove(self, fate)


class Tracker:
    """The works of this process.

    ``lock`` guards the works and everything that must fit to them (the gate);
    listeners are called outside of it.
    """

    def __init__(self, clock):
        self.clock = clock
        self.lock = threading.Condition()
        self._works = {}
        self._history = None
        self._changes = 0
        self._listeners = []

    def add(self, work):
        """Register a work, whether or not a gate is open."""
        self.register(work)
        self.tell()

    def register(self, work):
        """Register a work for a caller that holds ``lock``.

        It calls ``tell`` when it has let go of the lock.
        """
        with self.lock:
            self._works[work.id] = work
            self._changed()

    def update(self, work, note, progress=None, remaining=None, needed=None):
        """Change what a work says of itself; see ``Work.say``."""
        ends_at = None
        if needed is not None and needed <= FORESEEN:
            ends_at = self.clock.utcnow() + datetime.timedelta(seconds=needed)
        with self.lock:
            work.note, work.progress = note, progress
            work.remaining, work.ends_at = remaining, ends_at
            self._changed()
        self.tell()

    def remove(self, work, fate=None):
        """Take a work out; one that is not there is no error."""
        with self.lock:
            if self._works.pop(work.id, None) is None:
                return
            work.fate = fate or work.fate or policy.Fate.FINISHED
            work.ended_at = self.clock.utcnow()
            if self._history is not None and policy.holds(work.on_shutdown):
                self._history.append(work)
            self._changed()
        self.tell()

    def list(self):
        """Return the works that run, the oldest first; needs no lock."""
        return list(self._works.values())

    def empty(self):
        """Tell whether nothing runs."""
        with self.lock:
            return not self._works

    def holding(self):
        """Return the works that a stop must wait for: all but reads."""
        return [work for work in self.list()
                if policy.holds(work.on_shutdown)]

    def begin_history(self):
        """Remember the works that end from now on, for ``history``."""
        with self.lock:
            if self._history is None:
                self._history = []

    def history(self):
        """Return the works (but reads) that ended since begin_history()."""
        with self.lock:
            return list(self._history or ())

    @property
    def changes(self):
        """A number that grows with each change; see ``wait_change``."""
        return self._changes

    def wait_change(self, timeout, since=None):
        """Wait until a work is added, removed, or says something new.

        :param timeout: seconds to wait at most, or None
        :param since: a value of ``changes`` seen earlier, so that a change
            in between is not missed; without it, from now on
        :returns: the present value of ``changes``
        """
        with self.lock:
            seen = self._changes if since is None else since
            self.lock.wait_for(lambda: self._changes != seen, timeout)
            return self._changes

    def wake(self):
        """Let whoever waits for a change look again."""
        with self.lock:
            self._changed()
        self.tell()

    def listen(self, listener):
        """Call ``listener()`` after each change, in the thread of it."""
        self._listeners.append(listener)

    def tell(self):
        """Call the listeners; one that fails harms nobody."""
        for listener in self._listeners:
            try:
                listener()
            except Exception:
                LOG.exception('A listener of the tracker failed; the work '
                              'goes on.')

    def _changed(self):
        self._changes += 1
        self.lock.notify_all()


class Gate:
    """Where requests are let in, or refused while the host is stopped.

    :param tracker: the ``Tracker`` that admitted work is registered with
    :param host: the name that a refusal gives
    """

    def __init__(self, tracker, host):
        self._tracker = tracker
        self._host = host
        self._openness = policy.Openness.OPEN
        self._reason = 'it is being stopped'
        self._deadline = 'its work has ended'
        self._refused = collections.Counter()
        self._handed_back = {}

    @property
    def host(self):
        """The name of the host."""
        return self._host

    @property
    def openness(self):
        """How far the gate is open: a ``policy.Openness``."""
        return self._openness

    @property
    def reason(self):
        """Why it is not open, as those who are refused are told."""
        return self._reason

    @property
    def refused(self):
        """{name: how many requests of it were refused}; needs no lock."""
        return dict(self._refused)

    @property
    def handed_back(self):
        """UUIDs of operations that were not begun; needs no lock."""
        return list(self._handed_back)

    def hand_back(self, operation_uuid):
        """Note that an operation is not begun here: it stays offered."""
        self._handed_back[operation_uuid] = True

    def enter(self, name, while_draining, on_shutdown, operation_uuid=None,
              instance_uuid=None, lets_go=False, request_id=None):
        """Let a request in.

        :param name: what it asks for
        :param while_draining: ``policy.WhileDraining`` of the request
        :param on_shutdown: ``policy.OnShutdown`` of the work it becomes
        :param lets_go: whether a quiesced host still takes it
        :param request_id: of the request that calls for it and waits
        :returns: the ``Work``, registered; use it with ``with``, or see to
            ``release()``
        :raises HostDraining: when the gate is not open enough for it
        """
        work = Work(self._tracker, name, on_shutdown, operation_uuid,
                    instance_uuid)
        if request_id:
            work.request_id = request_id
            work.note = 'called by %s' % request_id
        with self._tracker.lock:
            if not self.admits(while_draining, lets_go):
                self._refused[name] += 1
                raise exception.HostDraining(
                    host=self._host, reason=self._reason,
                    deadline=self._deadline)
            self._tracker.register(work)
        self._tracker.tell()
        return work

    def let_go(self, reason, deadline_text):
        """Admit only begun work and what empties the host from now on.

        :param reason: why, for those who are refused
        :param deadline_text: until when at the latest, for them, too
        """
        with self._tracker.lock:
            if self._openness in (policy.Openness.OPEN,
                                  policy.Openness.LETTING_GO):
                self._narrow(policy.Openness.LETTING_GO, reason,
                             deadline_text)

    def open(self):
        """Admit everything again, unless a stop has come.

        What was handed back meanwhile can be taken up from here on.
        """
        with self._tracker.lock:
            if self._openness is policy.Openness.LETTING_GO:
                self._openness = policy.Openness.OPEN
                self._handed_back.clear()

    def narrow(self, reason, deadline_text):
        """Admit only what belongs to begun work from now on.

        :param reason: why, for those who are refused: 'it is being stopped'
        :param deadline_text: until when at the latest, for them, too
        """
        with self._tracker.lock:
            self._narrow(
                policy.Openness.CLOSED
                if self._openness is policy.Openness.CLOSED
                else policy.Openness.STEPS_ONLY, reason, deadline_text)

    def close(self):
        """Admit nothing from now on."""
        with self._tracker.lock:
            self._openness = policy.Openness.CLOSED

    def close_if_idle(self):
        """Close unless a stop must wait for something that runs.

        :returns: whether it is closed; asked and done in one, so that
            nothing slips in between
        """
        with self._tracker.lock:
            if self._tracker.holding():
                return False
            self.close()
            return True

    def admits(self, while_draining, lets_go):
        """Whether such a request would be let in now; needs no lock."""
        return policy.admits(self._openness, while_draining, lets_go)

    def _narrow(self, openness, reason, deadline_text):
        if self._openness is policy.Openness.OPEN:
            # Those of an earlier time are not of this one.
            self._refused.clear()
            self._handed_back.clear()
        self._openness = openness
        self._reason, self._deadline = reason, deadline_text
