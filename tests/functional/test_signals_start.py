"""Signals at any moment of a start, and to programs that have just started.

Whatever a start waits for or is doing, it hears them: it ends cleanly and in
time, or goes on as if nothing had been.
"""

from concurrent import futures
import contextlib
import itertools
import os
import signal
import threading

from nova_gs.devcloud import procfs
from tests.functional import base
from tests.functional import signalled
from tests.functional import spares
from tests.functional import test_bad_start
from tests.functional import test_start

COMPUTE, CONDUCTOR, API = spares.COMPUTE, spares.CONDUCTOR, spares.API
SERVES = spares.SERVES

TERM, INT, QUIT, HUP, USR2 = (
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
    signal.SIGUSR2)

#: What each signal ends a process with that has nothing to do.
ENDS = {TERM: 0, INT: 0, QUIT: 4}

#: The last signal ends the process, with this exit code.
SEQUENCES = (
    (HUP, TERM), (USR2, TERM), (HUP, QUIT), (USR2, QUIT), (HUP, USR2, INT),
    (HUP, HUP, TERM), (TERM,), (INT,), (QUIT,),
)

#: Several signals at a start, sent at once, and what the start ends with.
AT_ONCE = (
    ((HUP, TERM), 0), ((TERM, HUP), 0), ((USR2, TERM), 0), ((TERM, INT), 0),
    ((USR2, QUIT), 4),
)


class TestSignalsToStarts(spares.SpareTestCase):

    # -- at any moment between exec and readiness

    LONGEST = 1.5

    def await_age(self, process, seconds):
        """Wait until a process is so old; returns (pid, start time)."""
        record = process.record()
        # The moment itself is what is waited for: nothing announces it.
        left = seconds - test_start.age(record['start_time'])
        threading.Event().wait(max(0, left))
        return record['pid'], record['start_time']

    def broken_off(self, program, delay, number):
        """End a start after a delay; return what happened.

        :returns: 'deaf' when Python had not reached our code yet, 'quick'
            when it was in time
        """
        with self.started(program) as process:
            pid, started = self.await_age(process, delay)
            used = test_bad_start.processor_time(pid)
            # INT has a handler of Python's own before it has ours.
            heard = test_bad_start.hears(pid, TERM)
            sent = self.clock.utcnow().timestamp()
            self.assertTrue(procfs.send_signal(pid, started, number))
            record = process.wait(30)
            said = self.output(process)
            if not heard and record['exit_code'] != ENDS[number]:
                self.assertLess(used, test_bad_start.DEAF)
                return 'deaf'
            self.assertEqual(ENDS[number], record['exit_code'],
                             (delay, said))
            self.assertNotIn('Traceback', said)
            if number != QUIT:
                self.assertEqual([], self.lines(
                    process, ' WARNING ', ' ERROR ', 'ERROR:'), said)
            self.assertLess(record['ended_at'] - sent,
                            base.within(signalled.PROMISE), said)
            return 'quick'

    def break_off(self, program, times):
        ends = [self.broken_off(
            program, self.random.uniform(0.02, self.LONGEST), number)
            for number in itertools.islice(itertools.cycle(ENDS), times)]
        self.figure('8 signal while %s starts' % program, runs=len(ends),
                    clean=ends.count('quick'),
                    before_our_code=ends.count('deaf'))

    def test_compute(self):
        """A signal at a random moment ends nova-compute cleanly."""
        self.break_off(COMPUTE, self.times(4, 60))

    def test_conductor(self):
        """The same for nova-conductor."""
        self.break_off(CONDUCTOR, self.times(2, 21))

    def test_api(self):
        """The same for nova-api."""
        self.break_off(API, self.times(2, 21))

    def test_at_once(self):
        """Several signals at one moment of a start end it cleanly."""
        for numbers, code in AT_ONCE[:self.times(1, len(AT_ONCE))]:
            with self.spare(COMPUTE) as life:
                self.await_that('it hears', lambda life=life: (
                    test_bad_start.hears(life.pid, USR2)), every=0.002)
                sent = [life.send(number) for number in numbers]
                life.await_exit(code, sent[0])

    def test_harmless(self):
        """HUP and USR2 at a random moment neither end nor disturb it."""
        for program in itertools.islice(
                itertools.cycle(SERVES), self.times(2, 21)):
            with self.spare(program) as life:
                self.await_that('it hears', lambda life=life: (
                    test_bad_start.hears(life.pid, USR2)), every=0.002)
                self.await_age(life.process,
                               self.random.uniform(0, self.LONGEST))
                life.send(HUP)
                life.send(USR2)
                self.assert_serves(program, life)
                life.await_exit(0, life.send(TERM))

    # -- while it waits for something

    def test_each_signal_in_each_wait(self):
        waits = (self.lock, self.hypervisor_away, self.hypervisor_slow,
                 self.broker_away, self.conductor_away)
        numbers = (TERM, INT, QUIT, HUP, USR2)
        cases = list(itertools.product(waits, numbers))
        some = cases[::13] if self.times(True, False) else cases
        for wait, number in some:
            with wait() as (life, heal):
                self.signal_waiting(life, number, heal)
        self.figure('4 single signals, start that waits', cases=len(some))

    def signal_waiting(self, life, number, heal):
        sent = life.send(number)
        if number in ENDS:
            life.await_exit(ENDS[number], sent)
            return
        if number == HUP:
            life.await_line('The options were read again.')
        else:
            text = life.await_report()
            self.assertIn('start: under way', text)
            self.assertIn('phase: serving since', text)
            self.assert_no_secret(text)
        heal()
        self.assert_serves(COMPUTE, life)
        life.await_exit(0, life.send(TERM))

    def test_goodbye_during_the_registration(self):
        """Who leaves while it registers does not stand there as serving."""
        found = 0
        for _ in range(self.times(1, 10)):
            with self.frozen_conductor() as heal, self.spare(COMPUTE) as life:
                life.await_line('Waiting for the conductor')
                sent = life.send(TERM)
                heal()
                life.await_exit(0, sent)
                phase = self.records.phase(life.name)
                self.assertIn(phase, (None, 'stopped'))
                found += phase is not None
        self.figure('4 SIGTERM while it registers', written=found)

    def test_second_stage(self):
        """What the last run has left is settled, by this start or the next.

        A stop waits for what is being settled, as for any other work.
        """
        for number in (TERM, HUP, USR2, QUIT, INT)[:self.times(1, 5)]:
            uuid = self.leave_half_a_guest()
            switches = self.hypervisor(self.HOST)
            count = len(switches.journal('destroy', 'begun'))
            switches.hold('destroy')
            self.addCleanup(switches.release, 'destroy')
            self.cloud.start(self.HOST, wait=False)
            switches.wait_for('destroy', count=count + 1,
                              timeout=signalled.PATIENCE)
            self.signal_settling(self.life(), number, switches)
            self.ensure_up()
            self.api.await_server(uuid, status='ERROR', task_state=None)
            self.assertEqual('failed', self.records.last_operation(
                uuid)['state'])
            self.assertNotIn(uuid, switches.world()['guests'])

    def signal_settling(self, life, number, switches):
        """Signal a start that waits for the hypervisor; let it go on."""
        sent = life.send(number)
        if number == QUIT:
            life.await_exit(4, sent)
        elif number == USR2:
            text = life.await_report()
            self.assertIn('start: under way', text)
            self.assertIn('settling what a restart has cut', text)
        elif number in ENDS:
            life.await_line('Stopping: waiting for build_instance')
        switches.release('destroy')
        if number in (TERM, INT):
            life.await_exit(0, self.clock.utcnow().timestamp())

    # -- to each program while it serves

    def test_sequences(self):
        cases = [(program, numbers) for program in SERVES
                 for numbers in SEQUENCES]
        some = cases[::14] if self.times(True, False) else cases
        for program, numbers in some:
            with self.spare(program) as life:
                life.await_line(SERVES[program])
                for number in numbers[:-1]:
                    self.signal_serving(program, life, number)
                life.await_exit(ENDS[numbers[-1]], life.send(numbers[-1]))
        self.figure('4 signals to programs that serve', cases=len(some))

    def signal_serving(self, program, life, number):
        life.send(number)
        if number == HUP:
            life.await_line('The options were read again.')
        else:
            text = life.await_report()
            self.assert_no_secret(text)
            self.assertIn('phase: serving since', text)
            self.assertIn('transport_url = ***', text)
        self.assert_serves(program, life)
        self.assertTrue(life.is_same())

    def test_pairs_while_the_api_answers(self):
        """What it was asked before is answered, unless it is told not to."""
        pairs = ((TERM, HUP), (TERM, USR2), (TERM, TERM), (TERM, QUIT),
                 (INT, TERM), (HUP, TERM), (USR2, QUIT))
        for first, second in pairs[:self.times(1, len(pairs))]:
            with self.spare(API) as life, self.held_answer(life) as answer:
                life.await_line(SERVES[API])
                self.signal_answering(life, first)
                sent = self.signal_answering(life, second)
                if QUIT in (first, second):
                    life.await_exit(4, sent)
                elif {first, second} <= {TERM, INT}:
                    life.await_exit(3, sent)
                else:
                    self.hypervisor(self.HOST).release('console_output')
                    self.assertEqual(200, answer.result(60).status)
                    life.await_exit(0, self.clock.utcnow().timestamp())

    @contextlib.contextmanager
    def held_answer(self, life):
        """Ask for a console that is not given; yield the Future of it."""
        life.await_line(SERVES[API])
        switches = self.hypervisor(self.HOST)
        self.ensure_up()
        uuid = self.boot(self.HOST)
        count = len(switches.journal('console_output', 'begun'))
        switches.hold('console_output')
        with futures.ThreadPoolExecutor(1) as clients:
            try:
                answer = clients.submit(
                    self.client_of_spare().request, 'POST',
                    'servers/%s/action' % uuid, {'os-getConsoleOutput': {}})
                switches.wait_for('console_output', count=count + 1,
                                  timeout=signalled.PATIENCE)
                yield answer
            finally:
                switches.release('console_output')

    def signal_answering(self, life, number):
        """Signal an API; return when, after it has shown."""
        sent = life.send(number)
        if number == HUP:
            life.await_line('The options were read again.')
        elif number == USR2:
            self.assertIn('requests without an answer: 1',
                          life.await_report())
        return sent

    def test_reload(self):
        """HUP puts mutable options into force, from a good file only."""
        programs = [COMPUTE] if self.times(True, False) else SERVES
        for program in programs:
            with self.spare(program) as life:
                life.await_line(SERVES[program])
                with open(self.config_of(life)) as config:
                    good = config.read()
                self.reload(life, good + '\n[DEFAULT]\ndebug = perhaps\n')
                self.reload(life, good + '\n[DEFAULT\n')
                self.assertEqual(2, len(life.lines(
                    'The options could not be read again')))
                self.reload(life, good + '\n[DEFAULT]\ndebug = true\n'
                            'report_interval = 77\n', 'were read again.')
                self.assertEqual(1, len(life.lines(
                    'Ignoring change to immutable option '
                    'DEFAULT.report_interval')))
                life.send(USR2)
                self.assertIn('\n  debug = True\n', life.await_report())
                self.assert_serves(program, life)
                self.assertNotIn('Traceback', life.said)
                self.assertTrue(life.is_same())

    def reload(self, life, text, says='could not be read again'):
        before = len(life.lines(says))
        with open(self.config_of(life), 'w') as config:
            config.write(text)
        life.send(HUP)
        self.await_that('"%s"' % says, lambda: len(
            life.lines(says)) > before, signalled.PATIENCE)

    def test_report_file(self):
        """[oslo_reports] log_dir takes the reports."""
        folder = self.cloud.layout.path('reports')
        os.makedirs(folder, exist_ok=True)
        with self.spare(API, 'oslo_reports.log_dir', folder) as life:
            life.await_line(SERVES[API])
            life.send(USR2)
            life.await_line('Guru Meditation Report: ' + folder)
            path = life.lines('Guru Meditation Report: ')[0].split()[-1]
            with open(path) as report:
                text = report.read()
            self.assertIn('requests without an answer: 0', text)
            self.assert_no_secret(text)
            life.await_exit(0, life.send(TERM))

    def test_storm(self):
        """Many signals leave no trace in a compute but its reports."""
        numbers = [HUP, USR2] * self.times(50, 500)
        self.random.shuffle(numbers)
        with self.spare(COMPUTE) as life:
            life.await_line(SERVES[COMPUTE])
            self.assert_serves(COMPUTE, life)
            for number in numbers:
                life.send(number)
            self.assert_serves(COMPUTE, life)
            self.assertTrue(life.is_same())
            self.assertLess(test_start.threads(life.pid),
                            test_start.THREADS_LOADED)
            for number in (TERM, INT, HUP, USR2) * self.times(25, 250):
                sent = life.send(number)
            life.await_exit(0, sent)
