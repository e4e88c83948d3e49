"""The database and the images of a new cloud, by nova-manage."""

import os
import subprocess

from nova_gs.devcloud import environment
from nova_gs.devcloud import errors
from nova_gs.devcloud import guest_image


def manage(config, *arguments):
    """Run nova-manage and return what it prints.

    :param config: the configuration file to use
    :raises: DevcloudError with its last words
    """
    result = subprocess.run(
        environment.command('nova-manage', '--config-file', config,
                            *arguments),
        env=environment.of_services(), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        tail = '\n'.join(
            (result.stdout + result.stderr).strip().splitlines()[-8:])
        raise errors.DevcloudError(errors.with_tail(
            'nova-manage %s failed with exit code %d.' % (
                ' '.join(arguments), result.returncode),
            'its output', tail))
    return result.stdout


def make_database(layout, config):
    """Make the tables, then add the images that a devcloud comes with."""
    manage(config, 'db', 'sync')
    os.makedirs(layout.images, exist_ok=True)
    for ticker in guest_image.IMAGES:
        add_ticker(layout, config, ticker)


def add_ticker(layout, config, ticker):
    """Make a ticker's disk image and add it to the catalogue."""
    path = layout.path(ticker.name + '.img')
    guest_image.write(ticker, path)
    try:
        manage(config, 'image', 'add', ticker.name, path, '--format', 'raw')
    finally:
        os.unlink(path)
