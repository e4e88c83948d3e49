"""The database at the start of a process that owns it."""

from oslo_db import exception as db_exc

from nova_gs.db import store
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import base


def seat(conf):
    """Let objects read and write the database themselves from here on.

    :param conf: ConfigOpts
    :returns: True
    :raises: PeerUnavailable when its server does not answer,
        ConfigurationError when it is of no use as it is
    """
    objects.register_all()
    try:
        records = store.Store(conf)
        with records.database.reader():
            pass
    except db_exc.DBConnectionError as error:
        raise exception.PeerUnavailable(
            '[database] connection: the database does not answer (%s). '
            'Start its server, or correct the option.' % str(
                error).splitlines()[0]) from error
    records.require_schema()
    base.seat_store(records)
    return True
