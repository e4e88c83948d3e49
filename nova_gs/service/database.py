"""The database at the start of a process that owns it."""

import threading

from oslo_log import log as logging

from nova_gs.db import store
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import base
from nova_gs.shutdown import systemd

LOG = logging.getLogger(__name__)

#: Pause between two tries, in seconds.
TRY_EVERY = 1


def seat(conf):
    """Let objects read and write the database themselves from here on.

    :param conf: ConfigOpts
    :returns: True
    :raises: DatabaseUnavailable when it cannot be read at present,
        ConfigurationError when it is of no use as it is
    """
    objects.register_all()
    records = store.Store(conf)
    records.require_schema()
    base.seat_store(records)
    return True


def await_seat(conf, wait=threading.Event().wait):
    """Do the same as soon as the database can be read.

    For a process that signals end by themselves at this stage.

    :param conf: ConfigOpts
    :param wait: callable(seconds)
    :raises: ConfigurationError
    """
    told = None
    while True:
        try:
            return seat(conf)
        except exception.DatabaseUnavailable as error:
            reason = exception.reason_of(error)
        # Not in the clause above: oslo.log would add the error again.
        if reason != told:
            LOG.warning('Waiting for the database, trying every %d s: %s',
                        TRY_EVERY, reason)
            systemd.status('waiting for the database: %s' % reason)
            told = reason
        wait(TRY_EVERY)
