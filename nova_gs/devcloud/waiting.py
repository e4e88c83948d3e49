"""Waiting for something to come true, with a deadline and a way out."""

import threading

from nova_gs import clock as clock_module

#: Seconds between two looks; a look is a socket or a file of /proc.
INTERVAL = 0.02


class Cancelled(Exception):
    """The wait was called off, since what it was for has failed."""


def until(condition, timeout, cancelled=None, clock=None, every=INTERVAL):
    """Return condition()'s first true result, or None after timeout seconds.

    :param cancelled: threading.Event that ends the wait with Cancelled
    """
    clock = clock or clock_module.Clock()
    cancelled = cancelled or threading.Event()
    deadline = clock.now() + timeout
    while True:
        result = condition()
        if result:
            return result
        left = deadline - clock.now()
        if left <= 0:
            return None
        if cancelled.wait(min(every, left)):
            raise Cancelled()
