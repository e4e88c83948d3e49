"""How a fake hypervisor moves a guest away: jobs that outlive who asked.

A job pre-copies for as long as ``start_migration`` lasts, or is switched to
post-copy, which lasts as ``post_copy`` says.  Then it hands the guest over:

1. the source's world says ``handing-over`` and the guest stands still;
2. the destination's world takes the guest in (see ``arrivals``);
3. the source's world lets it go.

Killed before 1, the guest is at the source.  From 1 on the source asks the
destination until it knows, before or after a restart of either.
"""

import select
import threading

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.fake import guests
from nova_gs.virt.fake import protocol
from nova_gs.virt.fake import switches as fake_switches

PRE_COPY, POST_COPY = 'pre-copy', 'post-copy'
HANDING_OVER, ENDED = 'handing-over', 'ended'

PAUSED = int(driver.PowerState.PAUSED)

LOST = 'the connection to the destination\'s hypervisor was lost'

#: Seconds between two questions to a destination that cannot be reached.
ASK_AGAIN_AFTER = 0.1


class NotMoved(Exception):
    """The migration ends with the guest at the source."""


def stayed(reason, aborted=False):
    """Return the outcome, as stored, of a guest that is at the source."""
    return {'arrived': False, 'aborted': aborted, 'reason': reason,
            'downtime_ms': None}


def record_end(journal, call, outcome):
    """Write the end of a migration into the journal."""
    if outcome['arrived']:
        journal.write(call, 'ended', outcome='arrived')
    elif outcome['aborted']:
        journal.write(call, 'ended', outcome='aborted')
    else:
        journal.write(call, 'failed', outcome='failed',
                      reason=outcome['reason'])


class Job:
    """One migration away from here, while it is under way.

    :param call: the protocol.Call of ``start_migration``
    :param row: its row in the world, see ``Migrations``
    :param began: monotonic seconds
    """

    def __init__(self, call, row, began):
        self.call = call
        self.guest = call.guest
        self.id = row['id']
        self.row = row
        self.phase = row['phase']
        self.began = began
        self.switched = None
        self.stopped = began
        self.abort_asked = False
        self.lost = False
        self.lock = threading.Lock()
        self.done = threading.Event()

    def must_give_up(self):
        """Whether the guest cannot or must not go any more."""
        return self.abort_asked or self.lost

    def leaves_pre_copy(self):
        """Whether pre-copy is over before its time."""
        return self.must_give_up() or self.phase != PRE_COPY

    def post_copy_call(self):
        """Return the call as which the second stage lasts and is held."""
        return protocol.Call('post_copy', self.guest, id=self.call.id,
                             duration=self.call.args.get('post_copy'))


class Mover:
    """Carries jobs out, each in a thread of its own.

    :param world: world.World
    :param journal: journal.Journal
    :param switches: switches.Switches
    :param clock: nova_gs.clock.Clock
    """

    def __init__(self, world, journal, switches, clock):
        self._world = world
        self._journal = journal
        self._switches = switches
        self._clock = clock

    def start(self, job):
        """Carry a job on in a new thread, from the phase that it is in."""
        threading.Thread(target=self._run, args=(job,), daemon=True,
                         name='migrate-%s' % job.guest).start()

    def _run(self, job):
        try:
            if job.phase == HANDING_OVER:
                self._settle(job)
            else:
                self._move(job)
        except fake_switches.Stopped:
            return
        except (NotMoved, exception.NovaGSException) as error:
            self._stays(job, str(error))
        else:
            self._gone(job)
        job.done.set()

    def _move(self, job):
        path = protocol.path_of(job.row['target_uri'])
        try:
            session = protocol.Channel.connect(path)
        except protocol.Disconnected as error:
            raise NotMoved('the destination\'s hypervisor at %s cannot be '
                           'reached: %s' % (path, error)) from error
        watcher = threading.Thread(
            target=self._watch, args=(job, session), daemon=True)
        watcher.start()
        try:
            self._open(job, session)
            self._copy(job)
            self._hand_over(job, session, self._stand_still(job))
        finally:
            session.shut()
            watcher.join()
            session.close()

    def _watch(self, job, session):
        """Wait for the end of the session, whoever brings it about."""
        poll = select.poll()
        poll.register(session.fileno(), select.POLLRDHUP)
        poll.poll()
        job.lost = True
        self._switches.poke()

    def _open(self, job, session):
        try:
            session.call(protocol.Call(
                'open_arrival', job.guest, {'migration': job.id}))
        except protocol.Disconnected as error:
            raise NotMoved(LOST) from error

    def _copy(self, job):
        """Let the stages pass."""
        self._switches.stay(job.call, job.leaves_pre_copy)
        if job.phase == POST_COPY:
            self._switches.stay(job.post_copy_call(), job.must_give_up)
        if not job.must_give_up():
            self._switches.check_failure(job.call)

    def _stand_still(self, job):
        """Stop the guest for the hand-over; the last moment to give up."""
        with job.lock:
            if job.abort_asked:
                raise NotMoved('the migration was aborted')
            if job.lost:
                raise NotMoved(LOST)
            row = self._world.get('guests', job.guest)
            job.stopped = self._clock.now()
            self._write(job, HANDING_OVER,
                        ('guests', job.guest, dict(row, power_state=PAUSED)))
        return row

    def _hand_over(self, job, session, row):
        try:
            session.call(protocol.Call(
                'commit_arrival', job.guest,
                {'migration': job.id, 'row': row}))
        except protocol.Disconnected:
            self._settle(job)

    def _settle(self, job):
        """Ask the destination until it says who has the guest."""
        path = protocol.path_of(job.row['target_uri'])
        question = protocol.Call(
            'cancel_arrival', job.guest, {'migration': job.id})
        while True:
            try:
                with protocol.Channel.connect(path) as channel:
                    if channel.call(question):
                        return
                    raise NotMoved('the destination\'s hypervisor lost the '
                                   'guest\'s arrival')
            except (protocol.Disconnected, exception.NovaGSException):
                self._switches.pause(ASK_AGAIN_AFTER)

    def _gone(self, job):
        downtime = (self._clock.now() - job.stopped) * 1000
        outcome = {'arrived': True, 'aborted': False, 'reason': '',
                   'downtime_ms': max(1, round(downtime))}
        leftover = {'target_uri': job.row['target_uri']}
        self._write(job, ENDED, ('guests', job.guest, None),
                    ('leftovers', job.guest, leftover), outcome=outcome)
        record_end(self._journal, job.call, outcome)

    def _stays(self, job, reason):
        rows = []
        guest = self._world.get('guests', job.guest)
        if guest and guest['power_state'] == PAUSED:
            rows = [('guests', job.guest,
                     dict(guest, power_state=guests.RUNNING))]
        outcome = stayed(reason, job.abort_asked)
        self._write(job, ENDED, *rows, outcome=outcome)
        record_end(self._journal, job.call, outcome)

    def _write(self, job, phase, *rows, outcome=None):
        job.row = dict(job.row, phase=phase, outcome=outcome)
        if phase == ENDED:
            job.row['elapsed'] = self._clock.now() - job.began
        self._world.change(('migrations', job.guest, job.row), *rows)
        job.phase = phase
