"""Quiesce a host, look at it, and let it work again."""

import fixtures

from nova_gs.api.views import drain as view
from nova_gs import context
from nova_gs import objects
from tests.unit.api import base


class DrainTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.service = self.services['host1']

    def drain_of(self, method='GET', service_id=None, body=None, **kwargs):
        return self.request(method, 'os-services/%s/drain' % (
            service_id or self.service.uuid), body, **kwargs)

    def put(self, **body):
        return self.drain_of('PUT', body=body)

    def stored(self):
        return objects.Service.get_by_uuid(self.ctxt, self.service.uuid)

    def calls(self):
        return [(method, host) for method, host, _ in self.compute.calls]

    # -- to begin and to end

    def test_begin(self):
        result = self.put(deadline=60, reason='new kernel')
        self.assertEqual(202, result.status_code, result.text)
        view = result.json['drain']
        self.assertEqual(
            ('quiesced', 'new kernel', 'host1', self.service.uuid, True),
            (view['phase'], view['reason'], view['host'],
             view['service_id'], view['live']))
        stored = self.stored()
        self.assertEqual(('quiesced', 'new kernel'),
                         (stored.phase, stored.phase_reason))
        self.assertEqual(
            ('quiesce_host', 'host1',
             (stored.phase_deadline.isoformat(), 'new kernel')),
            self.compute.calls[0])

    def test_begin_without_words(self):
        for body in ({}, {'deadline': None, 'reason': None}):
            view = self.put(**body).json['drain']
            self.assertEqual((None, None),
                             (view['deadline'], view['reason']))

    def test_end(self):
        self.put(reason='new kernel')
        result = self.drain_of('DELETE')
        self.assertEqual((204, ''), (result.status_code, result.text))
        self.assertEqual('serving', self.stored().phase)
        self.assertIn(('resume_host', 'host1'), self.calls())
        self.assertEqual(204, self.drain_of('DELETE').status_code)

    def test_the_record_counts(self):
        """A host that cannot be told learns of it all the same."""
        for method in ('quiesce_host', 'resume_host', 'describe_drain'):
            self.compute.no_answer(method)
        self.assertEqual(202, self.put().status_code)
        self.assertEqual('quiesced', self.stored().phase)
        self.assertIn('host1', self.log.output)
        self.assertFalse(self.drain_of().json['drain']['live'])
        self.assertEqual(204, self.drain_of('DELETE').status_code)
        self.assertEqual('serving', self.stored().phase)

    def test_host_that_is_down_is_not_asked(self):
        self.service.set_status(forced_down=True)
        self.assertFalse(self.put().json['drain']['live'])
        self.assertEqual([], self.compute.calls)

    def test_by_host(self):
        for service_id in ('host1', self.service.uuid):
            self.assertEqual('host1', self.drain_of(
                service_id=service_id).json['drain']['host'])

    # -- refusals

    def test_a_stop_is_not_taken_back(self):
        for phase, words in (('draining', 'is being stopped'),
                             ('stopped', 'was stopped')):
            self.drain('host1', phase)
            for result in (self.put(), self.drain_of('DELETE')):
                self.assert_fault(409, words, result)
            view = self.drain_of().json['drain']
            self.assertEqual((phase, 'SIGTERM'),
                             (view['phase'], view['reason']))

    def test_order_that_outlives_a_stop_is_taken_back(self):
        self.put()
        self.drain('host1', 'stopped')
        self.assertEqual(204, self.drain_of('DELETE').status_code)
        self.assertIsNone(self.stored().quiesced_at)

    def test_refused(self):
        conductor = objects.Service.register(
            self.ctxt, 'c', 'nova-conductor', 'conductor', 1, 'o')
        for code, result in (
                (400, self.put(deadline=-1)),
                (400, self.put(deadline='soon')),
                (400, self.put(deadline=10 ** 10)),
                (400, self.put(reason='')),
                (400, self.put(reason='x' * 256)),
                (400, self.put(why='x')),
                (400, self.drain_of(service_id=conductor.uuid)),
                (404, self.drain_of(service_id='host9')),
                (404, self.drain_of(
                    service_id='6d9b1a3e-5f0c-4c1d-9d0a-0e5f6a7b8c90'))):
            self.assertEqual(code, result.status_code, result.text)
        self.assertEqual('serving', self.stored().phase)

    def test_only_for_administrators(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.api.middleware.Identity._nobody_checked',
            lambda identity, req: context.RequestContext(
                user_id='u', project_id='u', roles=['member', 'reader'],
                request_id=req.context.request_id)))
        for result in (self.drain_of(), self.put(), self.drain_of('DELETE')):
            self.assert_fault(403, 'os-services:drain', result)
        self.assertEqual('serving', self.stored().phase)

    # -- what is seen

    def test_operations(self):
        instance = self.add_instance()
        self.act(instance, 'reboot', {'type': 'HARD'})
        begun = self.operations(instance)[0]
        self.compute.drain['works'] = [{
            'operation_id': begun.uuid, 'note': 'restarting', 'progress': 5,
            'remaining': None, 'ends_at': '2030-01-01T00:00:10+00:00'}]
        objects.Operation.claim(
            self.ctxt, begun.uuid, begun.step, 'host1-owner', 'c')
        view = self.put().json['drain']
        self.assertFalse(view['complete'])
        self.assertEqual([{
            'id': begun.uuid, 'kind': 'reboot', 'server_id': instance.uuid,
            'state': 'running', 'step': 'reboot_instance',
            'phase': 'restarting', 'progress': 5, 'remaining_bytes': None,
            'estimated_end': '2030-01-01T00:00:10Z',
            'at_deadline': 'finish', 'host': 'host1', 'peer_host': None,
            'request_id': begun.request_id}], view['operations'])

    def test_what_waits_says_for_what(self):
        instance = self.add_instance()
        self.act(instance, 'reboot', {'type': 'HARD'})
        one = self.operations(instance)[0]
        for state, host, owner, said in (
                ('accepted', 'host1', None, 'waits to begin'),
                ('running', 'host1', 'o', 'under way'),
                ('running', 'host2', None, 'its next step waits for host2'),
                ('running', None, None,
                 'its next step waits for a conductor'),
                ('interrupted', 'host1', 'o',
                 'interrupted, waits for host1 to start')):
            one.state, one.host, one.owner = state, host, owner
            shown = view.operation(
                one, None, objects.Service(host='host1', phase='serving'),
                'abort')
            self.assertEqual(said, shown['phase'])

    def test_many_operations(self):
        """All of them, and only those of this host."""
        for host in ['host1'] * 5 + ['host2']:
            self.act(self.add_instance(host=host), 'reboot',
                     {'type': 'HARD'})
        view = self.put().json['drain']
        self.assertEqual(
            [('reboot', 'waits to begin', 'stays_offered')] * 5,
            [(one['kind'], one['phase'], one['at_deadline'])
             for one in view['operations']])
        self.assertTrue(view['complete'])
