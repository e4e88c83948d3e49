"""The fake hypervisor behind its socket: one thread per connection.

A call that has begun is carried to its end whether or not its client still
listens, as a real hypervisor would.
"""

import collections
import contextlib
import os
import socketserver
import threading

from nova_gs import exception
from nova_gs.virt.fake import arrivals
from nova_gs.virt.fake import guests
from nova_gs.virt.fake import migrations
from nova_gs.virt.fake import mover
from nova_gs.virt.fake import protocol
from nova_gs.virt.fake import resizes
from nova_gs.virt.fake import switches as fake_switches

#: Seconds that a call waits for an earlier one for the same guest.
BUSY_AFTER = 30


class Hypervisor:
    """Answers calls; knows nothing of sockets.

    :param world: world.World
    :param journal: journal.Journal
    :param switches: switches.Switches
    :param clock: nova_gs.clock.Clock
    :param facts: dict with name, vcpus, memory_mb and local_gb
    """

    def __init__(self, world, journal, switches, clock, facts):
        self.world = world
        self.journal = journal
        self.switches = switches
        self.arrivals = arrivals.Arrivals(world)
        self.migrations = migrations.Migrations(
            mover.Mover(world, journal, switches, clock), world, switches,
            clock)
        self._guests = guests.Guests(world, self.migrations, clock, facts)
        self._resizes = resizes.Resizes(
            world, self.migrations, clock, facts)
        self._locks = collections.defaultdict(threading.Lock)
        self._verbs = self._table()

    def _table(self):
        peers = {
            'accept_migration': self.arrivals.accept,
            'open_arrival': self.arrivals.open,
            'commit_arrival': self.arrivals.commit,
            'cancel_arrival': self.arrivals.cancel,
            'look_for_arrival': self.arrivals.seen,
            'finish_migration': self._finish_migration,
            'start_migration': self.migrations.start,
            'adopt_migration': self.migrations.adopt,
            'progress': self.migrations.progress,
            'wait': self.migrations.wait,
            'abort': self.migrations.abort,
            'force_complete': self.migrations.force_complete,
        }
        peers.update((verb, getattr(self._resizes, verb))
                     for verb in resizes.VERBS)
        alone = {verb: getattr(self._guests, verb)
                 for verb in protocol.DRIVER_VERBS if verb not in peers}
        return {**alone, **peers}

    def _finish_migration(self, call):
        if call.args['side'] == 'source':
            return self.migrations.finish(call)
        return self.arrivals.finish(call)

    def perform(self, call):
        """Do what a call asks for and return its result.

        :param call: protocol.Call
        :raises: switches.Stopped when the process ends before it is done;
            NovaGSException, as the verb states
        """
        if call.verb not in self._verbs:
            raise exception.HypervisorError(
                reason='The fake hypervisor has no verb %r.' % call.verb)
        with self._alone(call):
            result = self._journaled(call)
        self.switches.stay_answer(call)
        return result

    @contextlib.contextmanager
    def _alone(self, call):
        if call.verb not in protocol.EXCLUSIVE:
            yield
            return
        lock = self._locks[call.guest]
        if not lock.acquire(timeout=BUSY_AFTER):
            raise exception.HypervisorError(
                reason='%s of guest %s was refused: another call has kept '
                'the guest busy for %d s.'
                % (call.verb, call.guest, BUSY_AFTER))
        try:
            yield
        finally:
            lock.release()

    def _journaled(self, call):
        silent = call.verb in protocol.UNJOURNALED
        if not silent:
            self.journal.write(call, 'begun')
        try:
            result = self._timed(call)
        except fake_switches.Stopped:
            self._failed(call, silent, 'the hypervisor was stopped')
            raise
        except exception.NovaGSException as error:
            self._failed(call, silent, str(error))
            raise
        # A migration ends later; its mover writes that.
        if not silent and call.verb != 'start_migration':
            self.journal.write(call, 'ended')
        return result

    def _failed(self, call, silent, reason):
        if not silent:
            self.journal.write(call, 'failed', reason=reason)

    def _timed(self, call):
        if call.verb != 'start_migration':
            self.switches.stay(call)
            self.switches.check_failure(call)
        return self._verbs[call.verb](call)


class Controls:
    """What tests ask of a hypervisor beside its verbs."""

    def __init__(self, hypervisor):
        self._hypervisor = hypervisor
        switches = hypervisor.switches
        self._table = {
            'hold': switches.hold, 'release': switches.release,
            'fail': switches.fail, 'set_duration': switches.set_duration,
            'reset': switches.reset, 'ping': lambda: os.getpid(),
            'journal': hypervisor.journal.entries,
            'world': hypervisor.world.tables,
            'wait_for': hypervisor.journal.wait_for}

    def perform(self, call):
        """Turn a switch or look; raises ValueError for nonsense."""
        if 'verb' in call.args:
            protocol.check_verbs([call.args['verb']])
        return self._table[call.verb.partition('.')[2]](**call.args)


class _Connection(socketserver.BaseRequestHandler):
    """One connection; a source's is open as long as its migration."""

    def handle(self):
        arriving = []
        try:
            with protocol.Channel(self.request) as channel:
                while self._serve(channel, arriving):
                    pass
        except protocol.Disconnected:
            pass
        finally:
            for guest, migration in arriving:
                self.server.hypervisor.arrivals.disconnected(guest, migration)

    def _serve(self, channel, arriving):
        request = channel.receive()
        if request is None:
            return False
        call = protocol.Call(**request)
        answer = {'id': call.id}
        try:
            with self.server.counted():
                answer['result'] = self._perform(call)
        except fake_switches.Stopped:
            return False
        except (exception.NovaGSException, KeyError, OSError, TypeError,
                ValueError) as error:
            answer['error'] = protocol.error_to_wire(error)
        else:
            if call.verb == 'open_arrival':
                arriving.append((call.guest, call.args['migration']))
        channel.send(answer)
        return True

    def _perform(self, call):
        if call.verb.startswith('control.'):
            return self.server.controls.perform(call)
        return self.server.hypervisor.perform(call)


class Server(socketserver.ThreadingUnixStreamServer):
    """The socket of a hypervisor.

    :param path: where to listen; nothing may be there
    :param hypervisor: Hypervisor
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, path, hypervisor):
        self.hypervisor = hypervisor
        self.controls = Controls(hypervisor)
        self._count = 0
        self._counted = threading.Condition()
        super().__init__(path, _Connection)

    @contextlib.contextmanager
    def counted(self):
        """Count a call from its arrival to its result."""
        with self._counted:
            self._count += 1
        try:
            yield
        finally:
            with self._counted:
                self._count -= 1
                self._counted.notify_all()

    def drain(self, timeout):
        """Wait until no call is being worked on; False after timeout s."""
        with self._counted:
            return self._counted.wait_for(lambda: not self._count, timeout)
