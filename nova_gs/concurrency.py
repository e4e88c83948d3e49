"""Threads or eventlet: what runs nova-compute.

Native threads by default.  Where ``NOVA_GS_CONCURRENCY`` says eventlet, the
same code runs in green threads: eventlet replaces the standard library's
threads, locks, sockets and pauses by its own, and what blocks in C is handed
to native threads.  nova-api and nova-conductor do not ask: they always serve
with threads.
"""

import enum
import functools
import importlib
import os
import socket
import sys
import warnings

from nova_gs import exception

VARIABLE = 'NOVA_GS_CONCURRENCY'

#: Blocking calls that green threads wait for.
_under_way = 0


class Mode(enum.Enum):
    """What the threads of a process are."""

    THREADS = 'threads'
    EVENTLET = 'eventlet'


def chosen(environ):
    """Return the Mode that an environment asks for.

    :param environ: dict
    :raises: ConfigurationError
    """
    value = environ.get(VARIABLE) or Mode.THREADS.value
    try:
        return Mode(value)
    except ValueError:
        raise exception.ConfigurationError(
            option=VARIABLE, problem='there is no "%s"' % value,
            remedy='Set it to %s, or unset it.' % ' or '.join(
                mode.value for mode in Mode)) from None


def current():
    """Return the Mode that this process runs in."""
    patcher = sys.modules.get('eventlet.patcher')
    if patcher is not None and patcher.is_monkey_patched('thread'):
        return Mode.EVENTLET
    return Mode.THREADS


def begin(mode):
    """Make the process run in a Mode; before anything else is imported."""
    quieten_eventlet()
    if mode is Mode.EVENTLET:
        import eventlet
        from eventlet.green import socket as green_socket
        from eventlet import tpool
        # Further ones come when they are needed.
        tpool.set_num_threads(1)
        green_socket.getaddrinfo = functools.partial(
            _resolve, green_socket.getaddrinfo)
        eventlet.monkey_patch()


def quieten_eventlet():
    """Make an import of eventlet, by whomever, quick and quiet.

    Libraries import it also where nobody asked for it.  Its own resolver
    would take a sixth of the start and 7 MiB, and knows less than the
    system's; and it says at length that it is old.
    """
    os.environ.setdefault('EVENTLET_NO_GREENDNS', 'yes')
    warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')


def original(name):
    """Return a module of the standard library as it was before ``begin``.

    :param name: of one that eventlet changes, e.g. 'threading'
    """
    if current() is Mode.THREADS:
        return importlib.import_module(name)
    from eventlet import patcher
    return patcher.original(name)


def run_blocking(function, *args, **kwargs):
    """Return function(*args, **kwargs), without blocking green threads.

    Under eventlet a green thread has it done by one of eventlet's native
    threads; a native thread, and any other mode, just calls.
    """
    if not _in_green_thread():
        return function(*args, **kwargs)
    from eventlet import tpool
    global _under_way
    _under_way += 1
    try:
        _hire(tpool)
        return tpool.execute(function, *args, **kwargs)
    finally:
        _under_way -= 1


def _hire(tpool):
    """Have as many native threads as calls: none waits for one that hangs.

    eventlet's own number of them is fixed, too small for a hypervisor that
    hangs and too large for a host that idles.
    """
    tpool.setup()
    if _under_way > len(tpool._threads):
        thread = original('threading').Thread(
            target=tpool.tworker, name='blocking', daemon=True)
        thread.start()
        tpool._threads.append(thread)


def _in_green_thread():
    if current() is not Mode.EVENTLET:
        return False
    threading = original('threading')
    return threading.get_ident() == threading.main_thread().ident


def _resolve(resolver, host, *args, **kwargs):
    """Let no slow name server hold up all green threads."""
    if host and not _is_address(host):
        resolver = functools.partial(run_blocking, resolver)
    return resolver(host, *args, **kwargs)


def _is_address(host):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return True
        except OSError:
            pass
    return False
