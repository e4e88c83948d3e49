"""The request's context, and what of it travels."""

from nova_gs import context
from tests.unit import base


class ContextTestCase(base.TestCase):

    def test_there_and_back(self):
        here = context.RequestContext(
            user_id='u', project_id='p', roles=['admin'], is_admin=True,
            auth_token='secret', overwrite=False)
        values = here.to_dict()
        there = context.RequestContext.from_dict(values)
        for name in ('user_id', 'project_id', 'roles', 'is_admin',
                     'request_id'):
            self.assertEqual(getattr(here, name), getattr(there, name), name)
        self.assertNotIn('secret', str(values))
        self.assertEqual('u', values['user'])

    def test_every_request_has_an_id(self):
        first, second = (context.RequestContext(overwrite=False)
                         for _ in range(2))
        self.assertTrue(first.request_id.startswith('req-'))
        self.assertNotEqual(first.request_id, second.request_id)

    def test_admin(self):
        self.assertTrue(context.get_admin_context().is_admin)
