"""How long a process waits for a database server that says nothing.

A server that is stopped refuses connections, but one that stands still, or
whose network is gone, says nothing at all, and the drivers would wait for it
as long as the kernel does: minutes, or for ever.  Whoever is to answer a
request, to beat or to stop cannot.

A transaction here takes milliseconds, so what has had no answer for
``ANSWERED_WITHIN`` gets none.  What the URL itself says counts first; it is
also how to wait longer, e.g. ``?read_timeout=60`` for PyMySQL.
"""

import functools
import select

#: Seconds for a new connection: a handshake over a network, at a busy server.
CONNECTED_WITHIN = 5

#: Seconds for each answer: more than a checkpoint or the flow control of a
#: cluster takes, less than a client of the API waits.
ANSWERED_WITHIN = 10

_NETWORK = {'connect_timeout': CONNECTED_WITHIN}
_PYMYSQL = dict(_NETWORK, read_timeout=ANSWERED_WITHIN,
                write_timeout=ANSWERED_WITHIN)
_LIBPQ = dict(_NETWORK, tcp_user_timeout=1000 * ANSWERED_WITHIN)

#: What to add to a URL, by (backend, driver).
_QUERIES = {
    ('mysql', 'pymysql'): _PYMYSQL, ('mariadb', 'pymysql'): _PYMYSQL,
    ('mysql', 'mysqldb'): _PYMYSQL, ('mariadb', 'mysqldb'): _PYMYSQL,
    ('postgresql', 'psycopg2'): _LIBPQ, ('postgresql', 'psycopg'): _LIBPQ,
}


def bounded(url):
    """Return a URL with bounds on the waits for its server.

    psycopg2 knows of none for an answer.  So it is made to wait here, in
    this whole process, by the hook that it has for that.

    :param url: SQLAlchemy URL
    """
    backend, driver = url.get_backend_name(), url.get_driver_name()
    if driver == 'psycopg2':
        _wait_here()
    query = {name: str(value) for name, value
             in _QUERIES.get((backend, driver), {}).items()
             if name not in url.query}
    return url.update_query_dict(query) if query else url


def _wait_here():
    # Only those who use it have it.
    import psycopg2.extensions
    psycopg2.extensions.set_wait_callback(functools.partial(
        await_answer, within=ANSWERED_WITHIN, states=psycopg2.extensions,
        failure=psycopg2.OperationalError))


def await_answer(connection, within, states, failure):
    """Let a connection of psycopg2 go on until it has what it waits for.

    :param connection: has ``poll()`` and ``fileno()``
    :param within: seconds for the server to say anything
    :param states: has psycopg2's ``POLL_OK``, ``POLL_READ``, ``POLL_WRITE``
    :param failure: exception that is raised when it says nothing
    """
    events = {states.POLL_READ: select.POLLIN,
              states.POLL_WRITE: select.POLLOUT}
    while True:
        state = connection.poll()
        if state == states.POLL_OK:
            return
        poller = select.poll()
        poller.register(connection.fileno(), events[state])
        if not poller.poll(1000 * within):
            # In words by which SQLAlchemy knows that it is of no more use.
            raise failure('could not receive data from server: no answer '
                          'within %g s' % within)
