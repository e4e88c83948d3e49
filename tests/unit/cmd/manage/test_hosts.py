"""Telling a host, with and without somebody there."""

import fixtures
from oslo_messaging import conffixture

from nova_gs.cmd.manage import hosts
from nova_gs import context
from nova_gs import objects
from nova_gs.objects import fields
from tests.fixtures import database
from tests.unit import base


class HostsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.records = self.useFixture(database.SQLite(self.conf)).store
        self.service = objects.Service.register(
            context.get_admin_context(), 'host1', fields.Binary.COMPUTE,
            'compute', 5, 'me')
        self.useFixture(conffixture.ConfFixture(self.conf)
                        ).transport_url = 'fake:/'
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.cmd.manage.hosts.WITHIN', 0.3))

    def tell(self):
        return hosts.tell(self.conf, self.records, 'host1', 'quiesce_host',
                          deadline=None, reason='new fans')

    def test_a_host_that_hears(self):
        heard = []
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.compute.rpcapi.ComputeAPI.quiesce_host',
            lambda api, ctxt, host, **words: heard.append((host, words))))
        self.assertIsNone(self.tell())
        self.assertEqual(
            [('host1', {'deadline': None, 'reason': 'new fans'})], heard)

    def test_a_host_that_does_not(self):
        self.assertIn('quiesce_host', self.tell())

    def test_a_host_that_is_down(self):
        self.service.announce('stopped')
        self.assertEqual('its nova-compute is down.', self.tell())

    def test_no_broker_that_can_be_used(self):
        self.flags(transport_url='magic://me:secret@nowhere/')
        problem = self.tell()
        self.assertIn('transport_url', problem)
        self.assertNotIn('secret', problem)
