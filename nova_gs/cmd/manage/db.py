"""``nova-manage db``: the schema."""

from nova_gs.cmd.manage import base
from nova_gs.db import engine
from nova_gs.db import schema


def add(nouns):
    """Add the noun to the command line."""
    verbs = base.verbs(nouns, 'db', 'the schema')
    base.verb(verbs, 'sync', sync)
    base.verb(verbs, 'version', version)


def sync(conf, arguments):
    """Bring the schema up to date and say what was done."""
    database = engine.Database(conf, in_time=False)
    before, after = schema.upgrade(database.engine)
    if before == after:
        print('The database has schema %s already.' % after)
    else:
        print('The database was brought from schema %s to %s.' % (
            before or '(none)', after))


def version(conf, arguments):
    """Print the schema's version, and the one that is needed."""
    found = schema.current(engine.Database(conf).engine)
    print('The database has schema %s; this release needs %s.' % (
        found or '(none)', schema.head()))
