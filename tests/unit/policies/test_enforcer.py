"""Who may do what, by the rules as they are delivered."""

import os
import types

from nova_gs import context
from nova_gs import exception
from nova_gs import policies
from nova_gs.policies import enforcer
from nova_gs.policies import external_events
from nova_gs.policies import interfaces
from nova_gs.policies import servers
from nova_gs.policies import services
from tests.unit import base


def _user(*roles, project='p'):
    return context.RequestContext(
        user_id='u', project_id=project, roles=list(roles), overwrite=False)


_MINE = types.SimpleNamespace(project_id='p', user_id='u')
_OTHERS = types.SimpleNamespace(project_id='q', user_id='v')


class EnforcerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.enforcer = enforcer.Enforcer(self.conf)

    def test_who_may(self):
        for roles, rule, target, may in (
                (('member', 'reader'), servers.REBOOT, _MINE, True),
                (('member', 'reader'), servers.REBOOT, _OTHERS, False),
                (('reader',), servers.REBOOT, _MINE, False),
                (('reader',), servers.SHOW, _MINE, True),
                (('reader',), servers.SHOW, None, True),
                (('member',), servers.LIVE_MIGRATE, _MINE, False),
                (('admin',), servers.LIVE_MIGRATE, _OTHERS, True),
                (('member',), services.UPDATE, None, False),
                (('member',), services.DRAIN, None, False),
                (('admin',), services.DRAIN, None, True),
                (('admin',), services.UPDATE, None, True),
                (('service',), external_events.CREATE, None, True),
                (('admin',), external_events.CREATE, None, True),
                (('member',), external_events.CREATE, None, False),
                (('reader',), interfaces.LIST, _MINE, True),
                ((), servers.SHOW, _MINE, False)):
            self.assertEqual(may, self.enforcer.allowed(
                _user(*roles), rule, target), (roles, rule))

    def test_is_admin(self):
        self.assertTrue(self.enforcer.is_admin(_user('admin')))
        self.assertFalse(self.enforcer.is_admin(_user('member')))

    def test_authorize(self):
        self.enforcer.authorize(_user('admin'), services.LIST)
        error = self.assertRaises(
            exception.Forbidden, self.enforcer.authorize, _user('member'),
            services.LIST)
        self.assertIn(services.LIST, str(error))

    def test_deployments_may_change_rules(self):
        path = os.path.join(self.conf.state_path, 'policy.yaml')
        with open(path, 'w') as stream:
            stream.write('"%s": "role:operator"\n' % services.LIST)
        self.flags(group='oslo_policy', policy_file=path)
        changed = enforcer.Enforcer(self.conf)
        self.assertTrue(changed.allowed(_user('operator'), services.LIST))
        self.assertFalse(changed.allowed(_user('admin'), services.LIST))


class RulesTestCase(base.TestCase):

    def test_each_once_and_explained(self):
        rules = policies.list_rules()
        names = [rule.name for rule in rules]
        self.assertEqual(len(names), len(set(names)))
        for rule in rules:
            self.assertTrue(rule.description.endswith('.'), rule.name)
