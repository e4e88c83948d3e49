"""Several processes of one conductor, and the one that keeps them.

The parent serves nobody.  It starts the workers, starts one anew that died,
passes signals on, and ends when all have ended.  A parent that is killed
leaves none behind: its workers drain and end by themselves (see ``line``).
"""

import signal
import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.service import daemon
from nova_gs.service import line
from nova_gs.shutdown import policy
from nova_gs.shutdown import systemd

LOG = logging.getLogger(__name__)

#: Longest pause before a worker is started anew, in seconds.
LONGEST_PAUSE = 30

#: A worker that has served so long has not failed at its start (seconds).
SETTLED_AFTER = 30

#: How long a forced exit waits for the workers, in seconds.
LAST_WAIT = 0.7


def pause_before(failure):
    """Return how long to wait before a worker is started anew, in seconds.

    :param failure: 1 for its first early end, 2 for the next in a row ...;
        0 when it had served for a while
    """
    return min(2 ** (failure - 1), LONGEST_PAUSE) if failure else 0


def verdict(code, listened):
    """Return the exit code that a worker's end during a stop stands for.

    :param code: its exit code, negative for a signal
    :param listened: whether it had come so far as to take work
    """
    if not listened:
        # It was cut in its imports, where it holds nothing.
        return policy.ExitCode.CLEAN
    return policy.ExitCode.FORCED if code < 0 else code


def describe(code):
    """Return how a process ended, for people."""
    if code >= 0:
        return 'ended with exit code %d' % code
    return 'was ended by %s' % signal.Signals(-code).name


class Keeper:
    """Keeps workers, each in a thread of its own.

    :param launch: callable(number) -> ``line.Worker``; raises OSError
    :param count: how many
    :param gate: ``tracker.Gate`` of the parent; each worker is a work of
        it, so that a stop waits for all, and none begins in a stop
    :param clock: Clock
    """

    def __init__(self, launch, count, gate, clock):
        self._launch = launch
        self._count = count
        self._gate = gate
        self._clock = clock
        self._changed = threading.Condition()
        self._workers = {}
        self._serving = set()
        self._complete = False
        self._failed = None
        self._last_word = None
        self._stopping = threading.Event()
        #: What ends during a stop add up to: the worst of their exit codes.
        self.outcome = policy.ExitCode.CLEAN

    def start(self):
        """Start all; returns at once."""
        for number in range(1, self._count + 1):
            threading.Thread(target=self._keep, args=(number,), daemon=True,
                             name='worker-%d' % number).start()

    @property
    def pids(self):
        """The process ids of those that run, by number."""
        with self._changed:
            return {number: worker.pid
                    for number, worker in sorted(self._workers.items())}

    @property
    def serving(self):
        """How many serve."""
        with self._changed:
            return len(self._serving)

    def await_serving(self):
        """Wait until all serve for the first time.

        :returns: False when a stop has come before
        :raises: ConfigurationError when one could not start
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._complete or self._failed or self._last_word)
            if self._failed and not self._last_word:
                raise exception.ConfigurationError(
                    option='[conductor] workers', problem=self._failed,
                    remedy='What kept it from that stands above')
            return not self._last_word

    def say(self, word):
        """Tell all of them, and start none from now on."""
        self._stopping.set()
        with self._changed:
            self._last_word = word
            for worker in self._workers.values():
                worker.say(word)
            self._changed.notify_all()

    def pass_on(self, number):
        """Send a signal to those that can hear it; takes no lock."""
        for worker in list(self._workers.values()):
            # Python's own start knows no signals yet, and would end.
            if worker.listens:
                worker.send_signal(number)

    def force(self, within):
        """End them, by SIGQUIT or, after so many seconds, by SIGKILL."""
        self.pass_on(signal.SIGQUIT)
        self.wait(within)
        for worker in list(self._workers.values()):
            worker.send_signal(signal.SIGKILL)

    def wait(self, timeout=None):
        """Wait until none runs.

        :param timeout: seconds, or None
        :returns: whether that came true
        """
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._workers, timeout)

    # -- one worker

    def _keep(self, number):
        failures = 0
        while True:
            try:
                with self._gate.enter(
                        'worker %d' % number, policy.WhileDraining.NEVER,
                        policy.OnShutdown.FINISH) as work:
                    lasted = self._run(number, work)
            except exception.HostDraining:
                return
            if self._failed:
                return
            failures = 0 if lasted >= SETTLED_AFTER else failures + 1
            if self._stopping.wait(pause_before(failures)):
                return

    def _run(self, number, work):
        """Run one process to its end; returns how long it served (s)."""
        try:
            worker = self._begin(number)
        except OSError as error:
            LOG.error('Worker %d could not be started: %s', number,
                      error.strerror)
            return 0
        if worker is None:
            return 0
        work.say('pid %d' % worker.pid)
        served_since = None
        for word in worker.words():
            if word is line.Word.SERVING:
                served_since = self._clock.now()
                self._mark_serving(number)
        code = worker.wait()
        self._end(worker, code, served_since is not None, work)
        return 0 if served_since is None else (
            self._clock.now() - served_since)

    def _begin(self, number):
        with self._changed:
            # The last word went to those that were there to hear it.
            if self._last_word:
                return None
            worker = self._workers[number] = self._launch(number)
            return worker

    def _mark_serving(self, number):
        with self._changed:
            self._serving.add(number)
            self._complete |= len(self._serving) == self._count
            self._changed.notify_all()
        self._show()

    def _end(self, worker, code, served, work):
        with self._changed:
            del self._workers[worker.number]
            self._serving.discard(worker.number)
            stopping = self._last_word is not None
            if stopping:
                self._judge(worker, code, work)
            elif (code == policy.ExitCode.FAILED_TO_START and not served
                    and not self._complete):
                self._failed = 'worker %d %s before it served' % (
                    worker.number, describe(code))
            self._changed.notify_all()
        worker.close()
        if stopping:
            LOG.info('Worker %d (pid %d) %s.', worker.number, worker.pid,
                     describe(code))
        else:
            LOG.warning('Worker %d (pid %d) %s, and nobody here had told it '
                        'to; another one takes its place.', worker.number,
                        worker.pid, describe(code))
            self._show()

    def _judge(self, worker, code, work):
        """Note what a worker's end means for that of the parent."""
        meaning = verdict(code, worker.listens)
        if meaning != policy.ExitCode.CLEAN:
            work.mark(policy.Fate.LEFT)
        self.outcome = max(self.outcome, meaning)

    def _show(self):
        systemd.status('%d of %d workers serve' % (
            self.serving, self._count))


class Parent(daemon.Daemon):
    """The process that keeps the workers of a conductor.

    :param conf: ConfigOpts
    :param clock: Clock
    :param count: how many workers
    :param launch: callable(number) -> ``line.Worker``
    :param prepare: callable(): makes ready what a record needs
    :param make_presence: callable(serves) -> ``presence.Presence``
    """

    binary = fields.Binary.CONDUCTOR

    def __init__(self, conf, clock, count, launch, prepare, make_presence):
        super().__init__(conf, clock, conf.host)
        self._prepare = prepare
        self._keeper = Keeper(launch, count, self.gate, clock)
        self._presence = make_presence(lambda: bool(self._keeper.serving))

    def start(self):
        self.patiently('the database', self._prepare,
                       exception.PeerUnavailable)
        if self.stopping.is_set():
            return
        # It may be there and take no changes.
        self.patiently('the database', self._presence.begin,
                       exception.PeerUnavailable)
        if self.stopping.is_set():
            return
        self._keeper.start()
        try:
            if not self._keeper.await_serving():
                return
        except exception.ConfigurationError:
            self._keeper.say(line.Word.DRAIN)
            self._keeper.wait()
            raise
        LOG.info('nova-conductor serves as %s, with workers %s.', self.host,
                 ', '.join('%d (pid %d)' % item for item
                           in self._keeper.pids.items()))
        systemd.ready('serving, with %d workers' % len(self._keeper.pids))

    def run(self):
        return max(super().run(), int(self._keeper.outcome))

    # -- stop

    def close_intake(self):
        self._keeper.say(line.Word.DRAIN)

    def announce(self):
        self._presence.draining(self.coordinator.deadline)

    def call_off(self):
        self._keeper.say(line.Word.HURRY)

    def release(self):
        # Those that were left have the same deadlines, and end by them.
        self._keeper.wait()
        self._presence.end()

    # -- signals

    def _reload(self):
        super()._reload()
        self._keeper.pass_on(signal.SIGHUP)

    def last_words(self):
        # No worker outlives a forced exit.
        self._keeper.force(LAST_WAIT)
        self._presence.end()

    def show(self):
        self._keeper.pass_on(signal.SIGUSR2)
        super().show()
