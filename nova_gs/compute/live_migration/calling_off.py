"""Looking after the live migrations that a stop does not wait for any more.

From ABORT_DUE, or the second SIGTERM, on each is judged again and again
(``deadline``), until the host is released.  What is decided is done in a
thread of its own, since a hypervisor or a record that does not answer must
not keep the others waiting.
"""

import threading

from oslo_log import log as logging

from nova_gs.compute.live_migration import deadline
from nova_gs import exception

LOG = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK_EVERY = 0.25

_SAID = {
    deadline.Verdict.ABORT: 'is called off',
    deadline.Verdict.FORCE: 'is made to end',
    deadline.Verdict.LEAVE: 'is left to the hypervisor',
}


class CallingOff:
    """One stop's dealings with live migrations.

    A side (``departures.Departures``, ``arrivals.Arrivals``) has
    ``under_way()``, which gives migrations with ``uuid``, ``stage``,
    ``is_forced``, ``is_settled`` and ``estimate()``; and the verbs
    ``abort``, ``force_complete`` and ``leave``, each by UUID.

    :param host: compute.host.Host
    :param settings: the options of group [shutdown]
    :param stop: the stop: has ``calls_off``, ``deadlines`` and ``hurried``
    :param leaving: Event that is set when the host is released
    :param why: what the users are told of this host
    """

    def __init__(self, host, settings, stop, leaving,
                 why='had to be stopped'):
        self._host = host
        self._why = why
        self._policy = settings.live_migration_at_deadline
        self._margin = deadline.margin_of(settings.abort_reserve)
        self._stop = stop
        self._leaving = leaving
        self._lock = threading.Lock()
        self._busy = set()
        self._said = {}

    def run(self, *sides):
        """Judge the migrations of all sides until the host is released."""
        threads = [threading.Thread(target=self.follow, args=(side,),
                                    name='calling-off', daemon=True)
                   for side in sides]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def follow(self, side):
        """Judge the migrations of one side until the host is released."""
        told = reason = None
        while self._stop.calls_off:
            try:
                self.look(side)
                reason = None
            except exception.NovaGSException as error:
                reason = exception.reason_of(error)
            except Exception:
                # Whatever it was: what could be ended must be.
                LOG.exception('A look at the live migrations failed')
            if reason and reason != told:
                LOG.warning('Which live migrations are under way cannot be '
                            'told at the moment: %s', reason)
            told = reason
            self._leaving.wait(LOOK_EVERY)

    def look(self, side):
        """Judge each migration of a side once."""
        for migration in side.under_way():
            if migration.is_settled:
                continue
            needed, left = migration.estimate(), self._seconds_left()
            verdict = deadline.decide(
                self._policy, migration.stage, needed, left, self._margin,
                hurried=self._stop.hurried, forced=migration.is_forced)
            if verdict is not deadline.Verdict.WAIT:
                self._begin(side, migration, verdict, needed, left)

    def _seconds_left(self):
        return self._stop.deadlines.release_at - self._host.clock.now()

    def _begin(self, side, migration, verdict, needed, left):
        """Have a verdict carried out, unless one is being carried out."""
        with self._lock:
            if migration.uuid in self._busy:
                return
            self._busy.add(migration.uuid)
        if self._said.get(migration.uuid) is not verdict:
            self._said[migration.uuid] = verdict
            LOG.warning('Live migration %s %s: it is %s, needs %s, and '
                        '%.1f s are left.', migration.uuid, _SAID[verdict],
                        migration.stage.value, _in_words(needed), left)
        threading.Thread(
            target=self._do, args=(side, migration.uuid, verdict),
            name='call-off', daemon=True).start()

    def _do(self, side, uuid, verdict):
        try:
            if verdict is deadline.Verdict.ABORT:
                side.abort(uuid, 'nova-compute on host %s %s' % (
                    self._host.name, self._why))
            elif verdict is deadline.Verdict.FORCE:
                side.force_complete(uuid)
            else:
                side.leave(uuid, 'Interrupted: nova-compute on host %s was '
                           'stopped; the hypervisor carries the live '
                           'migration on. It is taken up when nova-compute '
                           'starts again.' % self._host.name)
        except exception.NovaGSException as error:
            LOG.info('Live migration %s goes on for now: %s', uuid,
                     exception.reason_of(error))
        except Exception:
            LOG.exception('Live migration %s goes on for now', uuid)
        finally:
            with self._lock:
                self._busy.discard(uuid)


def _in_words(needed):
    if needed is None:
        return 'nobody knows how long'
    if needed == deadline.NEVER:
        return 'for ever'
    return '%.1f s more' % needed
