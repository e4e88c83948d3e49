"""Lock and unlock, and who is kept out."""

import fixtures

from nova_gs import context
from tests.unit.api import base

OWNER = 'user:project'
LOCK, UNLOCK = 'lock', 'unlock'


def identify(identity, req):
    """Take whoever says that he is the administrator for that."""
    token = req.get_header('X-Auth-Token')
    user, _, project = token.partition(':')
    admin = token == base.ADMIN
    return context.RequestContext(
        user_id=user, project_id=project, is_admin=admin,
        roles=['member', 'reader'] + admin * ['admin'],
        request_id=req.context.request_id)


class LocksTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.instance = self.add_instance(
            user_id='user', project_id='project')
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.api.middleware.Identity._nobody_checked', identify))

    def ask(self, name, argument=None, token=OWNER, **kwargs):
        """Return the status code of an action."""
        return self.act(self.instance, name, argument, token=token,
                        **kwargs).status_code

    def shown(self, **kwargs):
        server = self.get('servers/' + self.instance.uuid, **kwargs)['server']
        return server['locked'], server.get('locked_reason')

    def test_keeps_users_from_changes(self):
        self.assertEqual(202, self.ask(LOCK, {'locked_reason': 'mine'}))
        self.assertEqual((True, 'mine'), self.shown(token=OWNER))
        for name, argument in (
                ('reboot', {'type': 'HARD'}), ('os-stop', None),
                ('pause', None), ('suspend', None)):
            self.assert_fault(409, 'is locked (mine)', self.act(
                self.instance, name, argument, token=OWNER))
        self.assert_fault(409, 'is locked', self.request(
            'DELETE', 'servers/' + self.instance.uuid, token=OWNER))
        self.assertEqual([], self.operations(self.instance))
        self.assertEqual(202, self.ask(UNLOCK))
        self.assertEqual((False, None), self.shown(token=OWNER))
        self.assertEqual(202, self.ask('os-stop'))

    def test_administrators_pass(self):
        self.ask(LOCK)
        self.assertEqual(202, self.ask('os-stop', token=base.ADMIN))

    def test_an_administrators_lock_is_his_to_open(self):
        self.assertEqual(202, self.ask(LOCK, token=base.ADMIN))
        # It does not become the owner's by being asked for again.
        self.assertEqual(202, self.ask(LOCK))
        self.assertEqual('admin', self.reload(self.instance).locked_by)
        self.assertEqual(403, self.ask(UNLOCK))
        self.assertTrue(self.reload(self.instance).locked)
        self.assertEqual(202, self.ask(UNLOCK, token=base.ADMIN))
        self.assertFalse(self.reload(self.instance).locked)

    def test_reasons_came_with_a_version(self):
        self.assertEqual(202, self.ask(LOCK, {'any': 'thing'}, minor=72))
        self.assertEqual((True, None), self.shown(token=OWNER))
        for bad in ('reason', {'locked_reason': ''}, {'other': 'x'},
                    {'locked_reason': 256 * 'x'}):
            self.assertEqual(400, self.ask(LOCK, bad), bad)

    def test_are_actions(self):
        self.ask(LOCK)
        self.ask(UNLOCK)
        self.assertEqual(
            [(UNLOCK, None), (LOCK, None)],
            [(action['action'], action['message']) for action in self.get(
                'servers/%s/os-instance-actions' % self.instance.uuid)[
                    'instanceActions']])

    def test_filters(self):
        other = self.add_instance()
        self.ask(LOCK)
        for query, found in (('locked=true', self.instance),
                             ('locked=false', other),
                             ('locked_by=owner', self.instance)):
            listed = self.get('servers?all_tenants=1&' + query)['servers']
            self.assertEqual([found.uuid], [one['id'] for one in listed])
