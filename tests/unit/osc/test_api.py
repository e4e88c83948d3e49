"""What is asked of the API, and what its answers mean."""

from nova_gs import exception
from nova_gs.osc import api
from tests.fixtures import drain_api
from tests.unit import base


class DrainsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.compute = drain_api.DrainAPI(drain_api.view())
        self.drains = api.Drains(lambda: self.compute)

    def test_requests(self):
        self.assertEqual('quiesced', self.drains.start(
            'host1', 60, 'fans')['phase'])
        self.assertEqual('host1', self.drains.get('host1')['host'])
        self.drains.cancel('rack 1/host#2')
        self.assertEqual(
            [('PUT', '/os-services/host1/drain',
              {'deadline': 60, 'reason': 'fans'}),
             ('GET', '/os-services/host1/drain', None),
             ('DELETE', '/os-services/rack%201%2Fhost%232/drain', None)],
            self.compute.asked)

    def test_errors(self):
        for code, expected in (
                (400, exception.Invalid), (403, exception.Forbidden),
                (404, exception.NotFound), (409, exception.Conflict),
                (500, exception.PeerUnavailable),
                (503, exception.PeerUnavailable)):
            self.compute.failure = drain_api.Answer(
                code, {'someFault': {'code': code, 'message': 'Not so.'}})
            error = self.assertRaises(expected, self.drains.get, 'host1')
            self.assertEqual('Not so.', str(error)[:7])
            self.assertEqual(code == 404, 'lists them' in str(error))

    def test_errors_without_a_word(self):
        for words in (None, [], {}, {'fault': 'x'}, {'fault': {}}):
            self.compute.failure = drain_api.Answer(502, words)
            error = self.assertRaises(
                exception.PeerUnavailable, self.drains.cancel, 'host1')
            self.assertIn('status 502', str(error))

    def test_no_api(self):
        self.compute.failure = OSError('connection refused')
        error = self.assertRaises(
            exception.PeerUnavailable, self.drains.start, 'host1')
        self.assertIn('connection refused', str(error))
