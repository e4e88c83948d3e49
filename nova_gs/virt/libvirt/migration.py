"""A live migration under way: watched, called off, hurried, judged.

libvirt carries a peer-to-peer migration on whether or not its client lives,
so there are two ways to a handle: ``begin`` one, and wait in libvirt's call
for its end; or ``follow`` one that runs already, by looking. Both end in the
same judgement of where the guest is (``arrival``).
"""

import libvirt
from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt.libvirt import arrival
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import native
from nova_gs.virt.libvirt import wishes
from nova_gs.virt import live_migration

LOG = logging.getLogger(__name__)

# Seconds between two looks; libvirt's events make them come sooner.
LOOK_EVERY = 1.0
# Seconds that the statistics may come after the end that they are about.
STATS_PATIENCE = 0.5
IN_DOUBT = 'in doubt'
LOST = {
    arrival.Place.GONE: 'The guest is on neither host.',
    arrival.Place.OFF: 'The guest no longer runs on the source.',
    arrival.Place.SPLIT: (
        'The guest is not at the destination, to which a part of its memory '
        'has gone: it cannot go on.'),
}


class Tools:
    """What every handle of one driver works with.

    :param connector: connection.Connector of this host
    :param watch: events.Watch
    :param opener: function(uri) that returns a virConnect
    :param permit_post_copy: whether forcing may switch to post-copy
    """

    def __init__(self, connector, watch, opener, permit_post_copy):
        self.connector = connector
        self.watch = watch
        self.opener = opener
        self.permit_post_copy = permit_post_copy
        self.closed = native.threading.Event()


@native.doors
class Migration(live_migration.MigrationHandle):
    """See live_migration.MigrationHandle.

    :param tools: Tools
    :param uuid: of the guest
    :param target_uri: of the destination's libvirt; None when unknown
    :param was_paused: whether the guest stood still before, and so does after
    """

    def __init__(self, tools, uuid, target_uri=None, was_paused=False):
        self._tools = tools
        self._uuid = uuid
        self._target_uri = target_uri
        self._was_paused = was_paused
        # Held while libvirt is told a wish, and while the end is judged: a
        # wish must not reach a guest whose migration is over.
        self._lock = native.threading.RLock()
        self._ended = native.threading.Event()
        self._outcome = None
        self._progress = live_migration.Progress()
        self._wishes = wishes.Wishes(tools, uuid, self._lock, self._ended)

    # The verbs.

    def progress(self):
        if not self._ended.is_set():
            try:
                progress = self._tools.connector.query(self._read_progress)
            except (exception.HypervisorUnavailable,
                    libvirt.libvirtError) as error:
                LOG.debug('No progress of the migration of %s: %s',
                          self._uuid, error)
                progress = None
            if progress is not None:
                self._progress = progress
        return self._progress

    def wait(self, timeout):
        self._ended.wait(timeout)
        return self._outcome

    def abort(self):
        self._wishes.abort()

    def force_complete(self):
        self._wishes.force_complete()

    # The two ways to a handle.

    def begin(self, connection, domain, params, flags):
        """Start the migration in a thread, which closes the connection.

        :param connection: a connection for this call alone
        :param domain: the guest, of that connection
        :param params: typed parameters of migrateToURI3
        :param flags: VIR_MIGRATE_*
        """
        self._tools.watch.expect(self._uuid)
        native.start(self._move, connection, domain, params, flags)

    def follow(self):
        """Watch a migration that runs already, or has ended."""
        # Whoever began it may have paused the guest to end it.
        self._wishes.has_paused = True
        self._tools.watch.expect(self._uuid)
        native.start(self._settle, None)

    def _move(self, connection, domain, params, flags):
        failure = None
        try:
            domain.migrateToURI3(self._target_uri, params, flags)
        except libvirt.libvirtError as error:
            failure = error
        finally:
            connections.close(connection)
        if failure is None:
            self._end(live_migration.Outcome(
                arrived=True, downtime_ms=self._downtime()))
        else:
            self._settle(failure)

    # The end.

    def _settle(self, failure):
        """Find out how it ended, however long libvirtd may be away.

        :param failure: libvirtError of the call, or None
        """
        outcome = None
        level = logging.WARNING
        while outcome is None and not self._tools.closed.is_set():
            turn = self._tools.watch.turn()
            try:
                outcome = self._judge(failure)
            except (exception.HypervisorUnavailable,
                    libvirt.libvirtError) as error:
                LOG.log(level, 'How the migration of guest %s stands cannot '
                        'be told at the moment: %s', self._uuid, error)
                level = logging.DEBUG
            if outcome is None:
                self._tools.watch.wait_past(turn, LOOK_EVERY)
        if outcome is not None:
            self._end(outcome)

    def _judge(self, failure):
        with self._lock:
            place = self._tools.connector.query(
                lambda connection: arrival.look(connection, self._uuid))
            if place is arrival.Place.MOVING:
                return None
            if place is arrival.Place.HERE:
                return self._stays(failure)
        there = arrival.ask_destination(
            self._target_uri, self._uuid, self._tools.opener)
        arrived = arrival.has_arrived(place, there)
        if arrived is None:
            self._doubt(place, there)
            return None
        if arrived:
            return live_migration.Outcome(
                arrived=True, downtime_ms=self._downtime())
        if place is arrival.Place.STOPPED:
            with self._lock:
                return self._stays(failure)
        return live_migration.Outcome(arrived=False, reason='%s %s' % (
            self._reason(failure), LOST[place]))

    def _stays(self, failure):
        """See that the guest goes on here, then return that outcome."""
        self._undo_pause()
        return live_migration.Outcome(
            arrived=False, aborted=self._was_aborted(failure),
            reason=self._reason(failure))

    def _doubt(self, place, there):
        """Say once that nobody knows where the guest is."""
        if self._progress.phase == IN_DOUBT:
            return
        self._progress = live_migration.Progress(
            **dict(vars(self._progress), phase=IN_DOUBT))
        LOG.warning(
            'Where guest %s is cannot be told yet: on this host it is %s, and '
            'the destination %s. It is not to be started anywhere until one '
            'of the two libvirts says where it is.', self._uuid, place.value,
            'does not answer' if there is None
            else 'says: %s' % there.value)

    def _end(self, outcome):
        with self._lock:
            self._outcome = outcome
            self._ended.set()
        self._progress = live_migration.Progress(
            **dict(vars(self._progress), phase='ended'))
        self._tools.watch.forget(self._uuid)

    def _was_aborted(self, failure):
        # Another client of libvirt may have asked for it, too.
        return self._wishes.is_abort or (
            failure is not None
            and errors.code(failure) == libvirt.VIR_ERR_OPERATION_ABORTED)

    def _reason(self, failure):
        if failure is not None:
            return errors.text(failure)
        if self._wishes.is_abort:
            return 'It was called off.'
        return 'libvirt gave it up; its log on this host says why.'

    def _downtime(self):
        stats = self._tools.watch.forget(self._uuid, STATS_PATIENCE)
        return (stats or {}).get('downtime')

    def _undo_pause(self):
        """Let the guest go on if it stands still for its migration only.

        It was paused by us to end it, or by libvirt in its last moment.
        """
        if self._was_paused:
            return
        ours = (arrival.INCOMING,) + (
            (arrival.PAUSED,) if self._wishes.has_paused else ())
        with self._tools.connector.own() as connection:
            domain = guests.find(connection, self._uuid)
            if domain and tuple(domain.state()) in ours:
                domain.resume()

    # Progress.

    def _read_progress(self, connection):
        domain = guests.find(connection, self._uuid)
        if domain is None:
            return None
        with guests.unless_gone():
            phase = ('post-copy' if arrival.is_handed_over(domain)
                     else 'pre-copy')
            stats = domain.jobStats()
            if not arrival.is_outgoing(stats):
                return None
            return live_migration.Progress(
                phase=phase, elapsed=stats.get('time_elapsed', 0) / 1000,
                **{name: stats.get(name, 0) for name in (
                    'memory_total', 'memory_processed', 'memory_remaining',
                    'disk_total', 'disk_processed', 'disk_remaining')})
        return None
