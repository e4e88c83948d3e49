"""How a task ends when it cannot go on, and which hosts it may choose."""

import fixtures

from nova_gs.conductor.tasks import base
from nova_gs import exception
from nova_gs import objects
from tests.unit.conductor import base as conductor


class Task(base.Task):
    """A task with an error where it is told."""

    def __init__(self, means, ctxt, operation, errors):
        super().__init__(means, ctxt, operation)
        self.errors = errors
        self.done = []

    def _do(self, what):
        self.done.append(what)
        if what in self.errors:
            raise self.errors[what]
        return 'plan'

    def check(self):
        return self._do('check')

    def execute(self, plan):
        self._do('execute')

    def rollback(self, reason):
        self._do('rollback')
        super().rollback(reason)


class TestRun(conductor.ConductorTestCase):

    def run_task(self, **errors):
        self.operation = self.take(self.accept())
        task = Task(self.means, self.context, self.operation, errors)
        task.run()
        return task.done

    def test_straight(self):
        self.assertEqual(['check', 'execute'], self.run_task())

    def test_every_error_ends_the_operation_visibly(self):
        for error, said in ((exception.NoValidHost(reason='none'), 'none'),
                            (KeyError('bug'), "KeyError: 'bug'")):
            for step, done in (('check', ['check', 'rollback']),
                               ('execute', ['check', 'execute', 'rollback'])):
                self.assertEqual(done, self.run_task(**{step: error}))
                stored = self.stored(self.operation)
                self.assertEqual('failed', stored.state)
                self.assertIn(said, stored.error)
                self.assertIsNone(stored.instance.task_state)
                self.assertEqual(stored.error,
                                 self.action(stored).message)

    def test_a_database_that_fails_is_no_reason_to_fail(self):
        """It is held by nobody who works at it; see leftovers."""
        for step in ('check', 'execute'):
            error = exception.DatabaseUnavailable(
                condition='does not answer', effect='')
            self.assertRaises(exception.DatabaseUnavailable, self.run_task,
                              **{step: error})
            stored = self.stored(self.operation)
            self.assertEqual(('running', None), (stored.state, stored.error))

    def test_called_off_it_is_left_to_another_one(self):
        called_off = exception.CalledOff(task='It', reason='x')
        self.assertEqual(['check'], self.run_task(check=called_off))
        stored = self.stored(self.operation)
        self.assertEqual((True, self.operation.step),
                         (stored.is_offered, stored.step))
        self.assertIsNotNone(stored.expires_at)
        self.assertEqual([(stored.step, None, stored.uuid)],
                         self.publisher.published)

    def test_stopped_while_hosts_have_yet_to_report(self):
        self.stopping.set()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.hearing.Hearing.is_over', lambda it: False))
        self.assertEqual([], self.run_task())
        self.assertTrue(self.stored(self.operation).is_offered)

    def test_what_is_no_longer_ours_is_left_alone(self):
        refused = exception.ClaimRefused(
            step='s', operation_id='o', why='taken')
        self.assertEqual(['check', 'execute'],
                         self.run_task(execute=refused))
        self.assertEqual('running', self.stored(self.operation).state)


class TestCandidates(conductor.ConductorTestCase):

    def refusals(self):
        task = base.Task(self.means, self.context,
                         self.take(self.accept()))
        return {c.host: c.refusal for c in task.candidates()}

    def test_those_that_serve(self):
        self.assertEqual({'host1': '', 'host2': '', 'host3': ''},
                         self.refusals())

    def test_those_that_do_not(self):
        self.services['host1'].set_status(
            disabled=True, disabled_reason='broken fan')
        self.drain('host2')
        self.services['host3'].set_status(forced_down=True)
        self.serve('host4').announce('stopped', 'SIGTERM')
        self.serve('host5').destroy()
        self.serve('host6').set_status(disabled=True)
        refusals = self.refusals()
        for host, words in (('host1', 'broken fan'),
                            ('host2', 'it is being stopped'),
                            ('host3', 'down'), ('host4', 'stopped'),
                            ('host5', 'no record'),
                            ('host6', 'no reason given')):
            self.assertIn(words, refusals[host])

    def test_conductors_are_no_hosts(self):
        objects.Service.register(
            self.context, 'host9', 'nova-conductor', 'conductor', 3, 'o')
        self.assertNotIn('host9', self.refusals())
