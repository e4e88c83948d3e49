"""A guest's consoles: the log of what it wrote, and where the others are."""

import base64
import dataclasses
import zlib

from nova_gs import exception
from nova_gs.objects import fields


def output(host, instance, tail_length):
    """Return the end of a guest's console log as text.

    A line ends with a line feed and nothing else, as for ``tail``; the last
    one may not have ended yet.

    :param tail_length: number of lines, or None for everything
    """
    text = host.driver.console_output(instance).decode('utf-8', 'replace')
    if tail_length is None or int(tail_length) < 0:
        return text
    return text[_start_of_tail(text, int(tail_length)):]


def _start_of_tail(text, lines):
    """Return the index at which the last so many lines begin."""
    if not lines:
        return len(text)
    # What ends the last line begins no further one.
    start = len(text) - text.endswith('\n')
    for _line in range(lines):
        start = text.rfind('\n', 0, start)
        if start < 0:
            return 0
    return start + 1


def packed(host, instance):
    """Return a guest's console log as a message may carry it.

    It is whatever the guest wrote, so not text, and much of it is alike.
    """
    return base64.b64encode(zlib.compress(
        host.driver.console_output(instance))).decode('ascii')


def unpack(text):
    """Return the bytes of what was ``packed``."""
    return zlib.decompress(base64.b64decode(text))


def address(host, instance, console_type):
    """Return where a proxy reaches a guest's console, as it is now.

    :param console_type: one of ``fields.ConsoleType``
    :returns: {'host': name or address, 'port': number}
    :raises: ConsoleTypeUnavailable, ConsoleNotReady, GuestNotFound
    """
    find = {fields.ConsoleType.NOVNC: host.driver.vnc_console,
            fields.ConsoleType.SERIAL: host.driver.serial_console}.get(
                console_type)
    if find is None:
        raise exception.ConsoleTypeUnavailable(
            console_type=console_type, instance_id=instance.uuid,
            why='this release has none')
    return dataclasses.asdict(find(instance))
