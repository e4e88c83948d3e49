"""nova-status's checks."""

from oslo_upgradecheck import upgradecheck

from nova_gs.cmd import status
from nova_gs import context
from nova_gs.db import engine
from nova_gs import objects
from nova_gs.rpc import versions
from tests.fixtures import database
from tests.unit import base

CODE = upgradecheck.Code


class StatusTestCase(base.TestCase):

    def test_nothing_there(self):
        checks = status.Checks(self.conf)
        for result in (checks.check_schema(), checks.check_computes()):
            self.assertEqual(CODE.FAILURE, result.code)
        self.assertIn('db sync', checks.check_schema().details)

    def test_no_connection(self):
        engine.register_opts(self.conf)
        self.flags(group='database', connection='sqlite:////no/folder/db')
        checks = status.Checks(self.conf)
        for result in (checks.check_schema(), checks.check_computes()):
            self.assertEqual(CODE.FAILURE, result.code)

    def test_computes(self):
        self.useFixture(database.SQLite(self.conf))
        checks = status.Checks(self.conf)
        self.assertEqual(CODE.SUCCESS, checks.check_schema().code)
        for version, code in (
                (None, CODE.SUCCESS),
                (versions.SERVICE_VERSION, CODE.SUCCESS),
                (versions.SERVICE_VERSION - 1, CODE.WARNING),
                (0, CODE.FAILURE)):
            if version is not None:
                objects.Service.register(
                    context.get_admin_context(), 'host%d' % version,
                    'nova-compute', 'compute', version, 'me')
            result = checks.check_computes()
            self.assertEqual(code, result.code)
        self.assertIn('host0', result.details)
