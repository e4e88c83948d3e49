"""The schema's version, and bringing it up to date with alembic."""

import logging
import os

from alembic import command
from alembic import config
from alembic import migration
from alembic import script

from nova_gs.db import failures
from nova_gs import exception

_INI = os.path.join(os.path.dirname(__file__), 'alembic.ini')

# It tells at INFO of every look at a version.
logging.getLogger('alembic').setLevel(logging.WARNING)


def head():
    """Return the version that this release needs."""
    return script.ScriptDirectory.from_config(
        config.Config(_INI)).get_current_head()


def current(engine):
    """Return the version of a database; None for an empty one.

    :param engine: SQLAlchemy Engine
    """
    with engine.connect() as connection:
        return migration.MigrationContext.configure(
            connection).get_current_revision()


def upgrade(engine, version='head'):
    """Bring a database up to a version.

    :returns: (version before, version after)
    """
    settings = config.Config(_INI)
    before = current(engine)
    with engine.begin() as connection:
        settings.attributes['connection'] = connection
        command.upgrade(settings, version)
    return before, current(engine)


def require_current(engine):
    """Raise ConfigurationError unless a database has the version of today.

    :raises: DatabaseUnavailable when it cannot be read at present
    """
    try:
        found, needed = current(engine), head()
    except failures.ERRORS as error:
        kind = failures.kind_of(engine.name, error)
        if kind is not None:
            raise exception.DatabaseUnavailable(
                '[database] connection: the database %s (%s). See to its '
                'server, or correct the option.' % (
                    kind.value, failures.reason_of(error))) from error
        raise exception.ConfigurationError(
            option='[database] connection',
            problem='the database cannot be read (%s)' % (
                str(error).splitlines()[0]),
            remedy='See that it is there and lets us in.') from error
    if found != needed:
        raise exception.ConfigurationError(
            option='[database] connection',
            problem='the database has schema %s, this release needs %s' % (
                found or '(none)', needed),
            remedy='Run "nova-manage db sync".')
