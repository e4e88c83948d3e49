"""The database and the images of a new cloud, by nova-manage."""

import contextlib
import json
import os
import subprocess
import sys

from nova_gs.devcloud import environment
from nova_gs.devcloud import errors
from nova_gs.devcloud import guest_image
from nova_gs.devcloud import processes
from nova_gs.devcloud import waiting

#: Not imported: a devcloud itself has no use for all of nova-manage.
_MANAGING = 'nova_gs.devcloud.managing'

#: Seconds that one command may take.
_TIMEOUT = 60


def manage(layout, config, *commands, cancelled=None):
    """Run commands of nova-manage; killed when the wait is called off.

    :param config: the configuration file to use
    :param commands: the arguments of each, as lists
    :param cancelled: threading.Event
    :raises: DevcloudError with its last words
    """
    log = layout.log('nova-manage')
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, 'ab') as output:
        process = subprocess.Popen(
            [sys.executable, '-m', _MANAGING, config,
             *map(json.dumps, commands)],
            env=environment.of_services(), stdin=subprocess.DEVNULL,
            stdout=output, stderr=output)
    try:
        waiting.until(lambda: process.poll() is not None, _TIMEOUT, cancelled)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if process.returncode:
        raise errors.DevcloudError(errors.with_tail(
            'nova-manage %s failed with exit code %d.' % (
                ', '.join(' '.join(command) for command in commands),
                process.returncode),
            log, processes.tail(log)))


def make_database(layout, config, cancelled=None):
    """Make the tables, then add the images that a devcloud comes with."""
    _add_tickers(layout, config, guest_image.IMAGES, [['db', 'sync']],
                 cancelled)


def add_ticker(layout, config, ticker, cancelled=None):
    """Make a ticker's disk image and add it to the catalogue."""
    _add_tickers(layout, config, [ticker], [], cancelled)


def _add_tickers(layout, config, tickers, before, cancelled):
    """Make and add several, after some other commands."""
    with contextlib.ExitStack() as stack:
        commands = list(before)
        for ticker in tickers:
            path = layout.path(ticker.name + '.img')
            guest_image.write(ticker, path)
            stack.callback(os.unlink, path)
            commands.append(
                ['image', 'add', ticker.name, path, '--format', 'raw'])
        manage(layout, config, *commands, cancelled=cancelled)
