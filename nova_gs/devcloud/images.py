"""The database and the images of a new cloud, by nova-manage."""

import os
import subprocess

from nova_gs.devcloud import environment
from nova_gs.devcloud import errors
from nova_gs.devcloud import guest_image
from nova_gs.devcloud import processes
from nova_gs.devcloud import waiting

#: Seconds that one command may take.
_TIMEOUT = 60


def manage(layout, config, *arguments, cancelled=None):
    """Run nova-manage; it is killed when the wait is called off.

    :param config: the configuration file to use
    :param cancelled: threading.Event
    :raises: DevcloudError with its last words
    """
    log = layout.log('nova-manage')
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, 'ab') as output:
        process = subprocess.Popen(
            environment.command('nova-manage', '--config-file', config,
                                *arguments),
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
                ' '.join(arguments), process.returncode),
            log, processes.tail(log)))


def make_database(layout, config, cancelled=None):
    """Make the tables, then add the images that a devcloud comes with."""
    manage(layout, config, 'db', 'sync', cancelled=cancelled)
    for ticker in guest_image.IMAGES:
        add_ticker(layout, config, ticker, cancelled)


def add_ticker(layout, config, ticker, cancelled=None):
    """Make a ticker's disk image and add it to the catalogue."""
    path = layout.path(ticker.name + '.img')
    guest_image.write(ticker, path)
    try:
        manage(layout, config, 'image', 'add', ticker.name, path,
               '--format', 'raw', cancelled=cancelled)
    finally:
        os.unlink(path)
