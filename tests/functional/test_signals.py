"""Each signal in each phase of a compute, and pairs of them.

A phase is known by what shows it (the hypervisor's journal, the log), never
by the time.  Whatever comes, the operation under way is carried out once and
ends as its record says.
"""

import contextlib
import dataclasses
import itertools
import signal

from testtools import content

from tests.functional import base
from tests.functional import signalled

TERM, INT, QUIT, HUP, USR2 = SIGNALS = (
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
    signal.SIGUSR2)

IDLE, BUSY, DRAINING, ABORTING, RELEASING = PHASES = (
    'idle', 'busy', 'draining', 'aborting', 'releasing')

#: What is shown as the phase, in a report and in the log.
SHOWN = {IDLE: 'serving', BUSY: 'serving'}

#: What SIGTERM leads to.
NEXT = {IDLE: DRAINING, BUSY: DRAINING, DRAINING: ABORTING}

#: Phases in which an operation is held in the driver.
HELD = (BUSY, DRAINING, ABORTING, RELEASING)

#: Seconds that the release may take: the conductor that has to be told is
#: stopped, and waited for.
RELEASED_WITHIN = 5

#: What is kept for calling work off; to get to the release soon, in seconds.
SHORT_RESERVE = '\n[shutdown]\nabort_reserve = 1\n'


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two signals; the second is sent when the first has shown."""

    phase: str
    first: signal.Signals
    second: signal.Signals
    leads_to: str   # the phase afterwards, or 'forced'


PAIRS = (
    Pair(IDLE, HUP, TERM, DRAINING), Pair(IDLE, USR2, QUIT, 'forced'),
    Pair(IDLE, HUP, HUP, IDLE), Pair(IDLE, USR2, HUP, IDLE),
    Pair(BUSY, TERM, TERM, ABORTING), Pair(BUSY, TERM, HUP, DRAINING),
    Pair(BUSY, TERM, USR2, DRAINING), Pair(BUSY, TERM, QUIT, 'forced'),
    Pair(BUSY, INT, TERM, ABORTING), Pair(BUSY, TERM, INT, ABORTING),
    Pair(BUSY, INT, INT, ABORTING), Pair(BUSY, HUP, QUIT, 'forced'),
    Pair(BUSY, USR2, TERM, DRAINING), Pair(DRAINING, HUP, TERM, ABORTING),
    Pair(DRAINING, USR2, QUIT, 'forced'), Pair(ABORTING, TERM, TERM, ABORTING),
    Pair(ABORTING, INT, QUIT, 'forced'),
    Pair(RELEASING, TERM, TERM, RELEASING),
)


class TestSignals(signalled.SignalsTestCase, base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1}
    IN = 'threads'

    #: What "make test" has time for.
    FEW = ((DRAINING, USR2),)
    FEW_PAIRS = PAIRS[4:8:3]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guest = None

    def setUp(self):
        super().setUp()
        self.ensure_up()
        if self.guest is None:
            type(self).guest = self.boot(self.HOST)
        self.switches = self.hypervisor(self.HOST)
        self.conductor = self.cloud.parts.conductors[0].process
        with open(self.cloud.part(self.HOST).process.log) as log:
            self.assertIn('serves host %s, in %s.' % (self.HOST, self.IN),
                          log.read())

    # -- single signals

    def test_each_signal_in_each_phase(self):
        cases = itertools.product(PHASES, SIGNALS)
        cases = self.times(self.FEW, list(cases))
        for phase, number in cases:
            self.run_case(phase, number)
        self.figure('4 single signals, %s' % self.IN, cases=len(cases))

    def test_pairs(self):
        pairs = self.times(self.FEW_PAIRS, PAIRS)
        for pair in pairs:
            self.run_case(pair.phase, pair.first, pair.second,
                          pair.leads_to)
        self.figure('4 pairs of signals, %s' % self.IN, cases=len(pairs))

    def run_case(self, phase, first, second=None, leads_to=None):
        """Bring a compute to a phase, signal it, lead it to its end."""
        self.ensure_up()
        what = '%s in phase "%s", in %s' % (' and '.join(
            signalled.NAMES[number] for number in (first, second)
            if number), phase, self.IN)
        self.addDetail('case', content.text_content(what))
        with self.in_phase(phase) as life:
            now = self.signal(life, phase, first)
            if second:
                now = self.signal(life, now, second)
                self.assertEqual(leads_to, now, what)
            self.end(life, phase, now)

    def signal(self, life, phase, number):
        """Send a signal and wait for what it does; return the phase."""
        sent = life.send(number)
        if number == QUIT:
            self.assert_forced(life, sent, phase)
            return 'forced'
        if number == HUP:
            life.await_line('The options were read again.')
        elif number == USR2 and phase == RELEASING:
            # It may be gone before the report is whole.
            self.assert_no_secret(life.said)
        elif number == USR2:
            self.assert_reports(life, phase)
        elif phase in NEXT:
            life.await_phase(NEXT[phase])
            return NEXT[phase]
        if phase in (IDLE, BUSY):
            self.assert_answers()
            self.assertTrue(life.is_same())
            self.assertEqual('serving', self.records.phase(self.HOST))
        return phase

    def assert_reports(self, life, phase):
        text = life.await_report()
        self.assert_no_secret(text)
        self.assertIn('phase: %s since' % SHOWN.get(phase, phase), text)
        self.assertIn('start: complete', text)
        operation = self.records.last_operation(self.guest)
        words = 'reboot_instance: operation %s, instance %s' % (
            operation['uuid'], self.guest)
        if phase in HELD:
            self.assertIn(words, text)
        else:
            self.assertIn('nothing runs', text)
        if phase in (DRAINING, ABORTING):
            self.assertRegex(text, r'deadline: exit in \d')

    def assert_forced(self, life, sent, phase):
        """It has left at once, and told what it left."""
        life.await_exit(4, sent)
        self.assert_left(4, 'forced', life, phase in HELD)
        if phase == RELEASING:
            return
        # The conductor was there to hear it.
        self.assertEqual('stopped', self.records.phase(self.HOST))
        if phase in HELD:
            self.assertEqual('interrupted', self.records.last_operation(
                self.guest)['state'])

    def assert_left(self, code, outcome, life, work=True):
        """The report of the stop tells the truth."""
        report = self.report(self.HOST)
        self.assertEqual((life.pid, code, outcome), (
            report['pid'], report['exit_code'], report['outcome']))
        left = [one['name'] for one in report['works']
                if one['fate'] == 'left']
        self.assertEqual(['reboot_instance'] if work else [], left)

    # -- phases

    @contextlib.contextmanager
    def in_phase(self, phase):
        """Bring the compute to a phase; yield its ``Life``."""
        with contextlib.ExitStack() as stack:
            if phase == RELEASING:
                stack.enter_context(self.configured(SHORT_RESERVE))
            life = self.life()
            begun = len(self.switches.journal('reboot', 'begun'))
            if phase in HELD:
                self.hold_reboot(begun + 1)
                self.drain_up_to(
                    life, ABORTING if phase == RELEASING else phase)
            if phase == RELEASING:
                # It has to be told of what is left, so it is waited for.
                stack.enter_context(self.frozen_conductor())
                life.await_phase(RELEASING)
            yield life
        self.assertEqual(
            begun + (phase in HELD),
            len(self.switches.journal('reboot', 'ended')))

    def hold_reboot(self, count):
        """Ask for a reboot that does not end; see it begin."""
        self.switches.hold('reboot')
        self.addCleanup(self.switches.release, 'reboot')
        self.api.action(self.guest, 'reboot', {'type': 'HARD'})
        self.switches.wait_for('reboot', count=count,
                               timeout=signalled.PATIENCE)

    def drain_up_to(self, life, phase):
        now = BUSY
        while now != phase:
            life.send(TERM)
            life.await_phase(NEXT[now])
            now = NEXT[now]

    @contextlib.contextmanager
    def configured(self, text):
        """Run the compute with other options."""
        part = self.cloud.part(self.HOST)
        self.cloud.stop(self.HOST)
        with open(part.config, 'a') as config:
            config.write(text)
        self.ensure_up()
        try:
            yield
        finally:
            part.configure()

    @contextlib.contextmanager
    def frozen_conductor(self):
        """A conductor that does not answer."""
        self.conductor.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.conductor.send_signal(signal.SIGCONT)

    # -- ends

    def end(self, life, began_in, now):
        """Let go what is held, and see the compute to its end."""
        if now == RELEASING:
            life.await_exit(3, self.clock.utcnow().timestamp(),
                            RELEASED_WITHIN)
            self.assert_left(3, 'left_work', life)
        ended = self.let_go(began_in)
        if now == IDLE or now == BUSY:
            self.await_done(began_in)
            ended = life.send(TERM)
        if now not in ('forced', RELEASING):
            life.await_exit(0, ended)
            self.await_done(began_in)
            self.assertEqual('stopped', self.records.phase(self.HOST))
            return
        self.conductor.send_signal(signal.SIGCONT)
        self.cloud.start(self.HOST)
        self.await_done(began_in, 'failed')

    def let_go(self, phase):
        """End the reboot, if there is one; return when (wall clock, s)."""
        if phase in HELD:
            self.switches.release('reboot')
            count = len(self.switches.journal('reboot', 'begun'))
            return self.switches.wait_for('reboot', 'ended',
                                          count=count)['t']
        return self.clock.utcnow().timestamp()

    def await_done(self, phase, state='succeeded'):
        """Wait until the operation has ended in every record."""
        if phase not in HELD:
            return
        self.api.await_server(self.guest, status='ACTIVE', task_state=None)
        operation = self.records.last_operation(self.guest)
        self.assertEqual(state, operation['state'])
        action = self.api.instance_action(
            self.guest, operation['request_id'])
        self.assertEqual(state == 'failed',
                         'Interrupted' in (action['message'] or ''))


class TestSignalsInEventlet(base.Spared, TestSignals):
    """The same with green threads."""

    OPTIONS = {'driver': 'fake', 'hosts': 1, 'concurrency': 'eventlet'}
    IN = 'eventlet'

    FEW = ((BUSY, USR2),)
    FEW_PAIRS = PAIRS[5:6]
