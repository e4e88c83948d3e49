"""Keep calls that block in C away from green threads.

libvirt blocks in C, file locks and disks block in the kernel: under eventlet
such a call would freeze the whole process. So everything in this package
lives in native threads and uses native locks, and the few classes that
others call are wrapped by ``doors``: under eventlet a call through a door is
handed to eventlet's pool of native threads; otherwise nothing is added.
"""

import functools

from nova_gs import concurrency

GREEN = concurrency.current() is concurrency.Mode.EVENTLET

threading = concurrency.original('threading')


def _door(method):

    @functools.wraps(method)
    def enter(*args, **kwargs):
        return concurrency.run_blocking(method, *args, **kwargs)

    return enter


def doors(cls):
    """Decorate a class whose public methods may be called by green code."""
    if GREEN:
        for name, value in list(vars(cls).items()):
            if callable(value) and not name.startswith('_'):
                setattr(cls, name, _door(value))
    return cls


def start(function, *args):
    """Run a function in a native daemon thread.

    A daemon one, because nothing can end a thread that waits in libvirt, and
    the process has to be able to leave (the hypervisor goes on by itself).

    :returns: the thread, started
    """
    thread = threading.Thread(
        target=function, args=args, name=function.__qualname__, daemon=True)
    thread.start()
    return thread
