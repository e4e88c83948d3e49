"""Whom a host reckons with."""

import fixtures

from nova_gs.compute import host as compute_host
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import compute
from tests.unit import base


class PeerIsUpTestCase(base.TestCase):

    def peer_is_up(self, found):
        """Return the answer for a record, or a failure to read it."""
        def get(*args):
            if isinstance(found, Exception):
                raise found
            return found

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Service.get_by_host_and_binary', get))
        host = compute.host(self.conf)
        return compute_host.Host.peer_is_up(host, None, 'host2')

    def test_each(self):
        objects.register_all()
        service = objects.Service()
        self.assertTrue(self.peer_is_up(service))
        self.assertFalse(self.peer_is_up(
            exception.ServiceNotFound(service_id='host2')))
        # Nobody can tell: what is offered to it waits for it.
        self.assertTrue(self.peer_is_up(compute.unreachable()))
