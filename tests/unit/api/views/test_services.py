"""What a service reads like, above all one that is leaving."""

import datetime
import types

import testtools

from nova_gs.api.views import services

_NOON = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.timezone.utc)


def _service(**values):
    return types.SimpleNamespace(**{
        'binary': 'nova-compute', 'disabled': False, 'disabled_reason': None,
        'phase': 'serving', 'phase_reason': None, 'phase_deadline': None,
        'availability_zone': None, **values})


class ServiceTestCase(testtools.TestCase):

    def test_status_and_reason(self):
        for values, status, reason in (
                ({}, 'enabled', None),
                ({'disabled': True}, 'disabled', None),
                ({'disabled': True, 'disabled_reason': 'disk'}, 'disabled',
                 'disk'),
                ({'disabled_reason': 'stale'}, 'enabled', None),
                ({'phase': 'stopped'}, 'enabled', None),
                ({'phase': 'draining', 'phase_reason': 'SIGTERM',
                  'phase_deadline': _NOON}, 'disabled',
                 'draining: SIGTERM, until 2030-01-01T12:00:00Z'),
                ({'phase': 'draining', 'disabled': True,
                  'disabled_reason': 'disk', 'phase_reason': 'SIGTERM'},
                 'disabled', 'draining: SIGTERM'),
                ({'phase': 'quiesced'}, 'disabled',
                 'quiesced: no reason was given')):
            service = _service(**values)
            self.assertEqual(status, services.status(service), values)
            self.assertEqual(reason, services.disabled_reason(service))

    def test_zone(self):
        for values, zone in (({}, 'nova'), ({'availability_zone': 'z'}, 'z'),
                             ({'binary': 'nova-conductor'}, 'internal')):
            self.assertEqual(zone, services.zone(_service(**values)))
