"""nova-manage db, and what every command says without a database."""

from nova_gs.db import engine
from nova_gs.db import schema
from tests.unit.cmd.manage import base

#: A command of each kind that needs the database.
NEED_IT = (
    ('service', 'list'), ('service', 'drain', 'host1'),
    ('service', 'resume', 'host1'), ('image', 'list'),
    ('image', 'add', 'a', 'b'), ('operation', 'list'),
    ('operation', 'show', 'a'))


class DatabaseTestCase(base.ManageTestCase):

    def test_sync_says_what_it_did(self):
        engine.register_opts(self.conf)
        code, said, _ = self.run_it('db', 'version')
        self.assertIn('schema (none)', said)
        code, said, _ = self.run_it('db', 'sync')
        self.assertEqual(0, code)
        self.assertIn('from schema (none) to %s' % schema.head(), said)
        code, said, _ = self.run_it('db', 'sync')
        self.assertIn('schema %s already' % schema.head(), said)

    def test_no_schema_yet(self):
        for argv in NEED_IT:
            self.assert_complains(1, 'nova-manage db sync', *argv)

    def test_no_database(self):
        engine.register_opts(self.conf)
        self.flags(group='database',
                   connection='sqlite:////no/such/folder/db')
        for argv in (('db', 'sync'), ('db', 'version')) + NEED_IT:
            self.assert_complains(1, '/no/such/folder', *argv)

    def test_not_a_database(self):
        engine.register_opts(self.conf)
        self.flags(group='database', connection='sqlite:///%s' % self.file(
            b'this is not a database at all' * 100))
        for argv in (('db', 'sync'), ('db', 'version'), ('image', 'list')):
            self.assert_complains(1, '[database] connection', *argv)
