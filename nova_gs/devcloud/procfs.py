"""Which processes there are: identity by pid and start time, and by a tag.

A pid alone is never trusted: the kernel gives it to the next process.  With
the start time it names one process for good (until a reboot).
"""

import os
import signal

#: Every process of a cloud has this in its environment, with the directory.
TAG = 'NOVA_GS_DEVCLOUD'


def start_time(pid):
    """Return when a process started, in clock ticks since boot, or None.

    None also for a process that has ended and only waits to be reaped.
    """
    try:
        with open('/proc/%d/stat' % pid, 'rb') as stat:
            fields = stat.read().rpartition(b')')[2].split()
    except OSError:
        return None
    if fields[0] in (b'Z', b'X'):
        return None
    return int(fields[19])


def is_running(pid, started):
    """Return whether the process that had this pid and start time lives."""
    return bool(pid) and started is not None and start_time(pid) == started


def send_signal(pid, started, number):
    """Signal exactly the process with that start time.

    :returns: whether it was there
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        # The descriptor holds the pid, so it cannot change hands below.
        if not is_running(pid, started):
            return False
        signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)


def tagged(directory):
    """Return [(pid, start time)] of every process of a cloud, but our own.

    QEMU gets its environment from libvirt, which keeps HOME but not our tag.
    A container may have a directory of the same name: its processes are in
    another PID namespace.
    """
    ours = os.readlink('/proc/self/ns/pid')
    tag = ('%s=%s' % (TAG, directory)).encode()
    home = ('HOME=%s/' % directory).encode()
    found = []
    for entry in os.listdir('/proc'):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open('/proc/%s/environ' % entry, 'rb') as environ:
                variables = environ.read().split(b'\0')
            namespace = os.readlink('/proc/%s/ns/pid' % entry)
        except OSError:
            continue
        if namespace == ours and (
                tag in variables or any(
                    v.startswith(home) for v in variables)):
            started = start_time(int(entry))
            if started is not None:
                found.append((int(entry), started))
    return found
