"""Ending a cloud, whatever has become of it.

It needs no more than the directory: records name the processes, and a last
look through all processes finds what lost its supervisor.
"""

import contextlib
import os
import shutil
import signal
import threading

from nova_gs.devcloud import errors
from nova_gs.devcloud import processes
from nova_gs.devcloud import procfs
from nova_gs.devcloud import waiting

#: Seconds that killed processes may take to be gone.
_KILL_TIMEOUT = 15
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def is_on(layout):
    """Return whether any process of a cloud is left."""
    return bool(procfs.tagged(layout.directory))


def end(layout, patience, remove=False):
    """End a cloud and give its ports back.

    :param patience: seconds for our own services to stop by themselves
    :param remove: whether to remove its directory too
    :raises: DevcloudError when something cannot be killed
    """
    with _shielded():
        off(layout, patience)
        if layout.load() is None:
            return
        if remove:
            shutil.rmtree(layout.directory, ignore_errors=True)
        else:
            # The logs stay, and the next cloud may be made here.
            layout.save({})


@contextlib.contextmanager
def _shielded():
    """Let nothing stop us from ending what we have begun."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN)
              for number in _INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def off(layout, patience):
    """End every process of a cloud.

    :param patience: seconds for our own services to stop by themselves
    :raises: DevcloudError when something cannot be killed
    """
    everything = _processes(layout)
    if patience:
        _stop_services(layout, everything, patience)
    for process in everything:
        process.power_off()
    waiting.until(lambda: all(
        process.is_powered_off() for process in everything), _KILL_TIMEOUT)
    _sweep(layout)


def _stop_services(layout, everything, patience):
    """Let our own services stop: computes before what they report to."""
    services = {process.name: process for process in everything
                if os.path.exists(layout.config(process.name))}
    hosts = {process.name.partition('@')[2] for process in everything}
    computes = [services[name] for name in services if name in hosts]
    for group in (computes, services.values()):
        for process in group:
            process.send_signal(signal.SIGTERM)
        waiting.until(lambda group=group: not any(
            process.pid() for process in group), patience)


def _sweep(layout):
    """Kill what is left of the cloud without a supervisor."""
    def gone():
        left = procfs.tagged(layout.directory)
        for pid, started in left:
            procfs.send_signal(pid, started, signal.SIGKILL)
        return not left

    if not waiting.until(gone, _KILL_TIMEOUT, every=0.05):
        raise errors.DevcloudError(
            'These processes of %s cannot be killed: %s. They may hang in '
            'the kernel; see /proc/PID/stack.' % (layout.directory, ' '.join(
                str(pid) for pid, _ in procfs.tagged(layout.directory))))


def _processes(layout):
    try:
        names = os.listdir(layout.path('run'))
    except OSError:
        return []
    return [processes.Process(layout, name) for name in sorted(names)]
