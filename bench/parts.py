"""What benchmarks run on: a private broker, or a whole cloud."""

import contextlib
import logging
import shutil
import signal
import tempfile

from nova_gs import clock
from nova_gs.devcloud import broker as broker_module
from nova_gs.devcloud import cloud as cloud_module
from nova_gs.devcloud import layout as layout_module
from nova_gs.devcloud import ports

# The end of a broker makes libraries complain on the terminal.
logging.getLogger().addHandler(logging.NullHandler())


@contextlib.contextmanager
def broker():
    """Run a broker; gives (broker, clock)."""
    # Short: UNIX sockets below it have a bounded path.
    directory = tempfile.mkdtemp(prefix='ngs-')
    layout = layout_module.Layout(directory)
    part = broker_module.Broker(layout, ports.claim(layout))
    part.start()
    try:
        yield part, clock.Clock()
    finally:
        part.stop()
        part.epmd.send_signal(signal.SIGTERM)
        part.epmd.wait(10)
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def cloud(**options):
    """Run a cloud; gives (cloud, clock)."""
    made = cloud_module.Cloud(
        tempfile.mkdtemp(prefix='ngs-'), owned=True, **options)
    made.up()
    try:
        yield made, clock.Clock()
    finally:
        made.down(remove=True)
