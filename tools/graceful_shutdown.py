"""The job of .zuul.yaml, on a devcloud: "tox -e graceful-shutdown" runs it.

A cloud of two hosts is brought up in a directory of its own, and goes down
however the play comes out.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from nova_gs.devcloud import cloud as cloud_module
from nova_gs.devcloud import inventory
from nova_gs.devcloud import terminal as terminal_module
from nova_gs import exception

ROOT = pathlib.Path(__file__).resolve().parents[1]
PLAYS = ROOT / 'playbooks' / 'nova-graceful-shutdown'

#: MiB/s; little more than the guest writes, so that a migration takes half a
#: minute: commands of the client take seconds, and more on a busy machine.
SETTINGS = ('libvirt.live_migration_bandwidth=9',
            # The guests do not listen, so their shutdown takes all of it.
            'DEFAULT.shutdown_timeout=20')

#: Seconds after which somebody tells by himself that a port is plugged in;
#: the play does it when it means to.
PLUGGED_AFTER = 3600


def play(name, directory, words):
    """Run a playbook against the cloud of a directory.

    :returns: its exit code
    """
    beside = os.path.dirname(sys.executable)
    command = [os.path.join(beside, 'ansible-playbook'), '-i',
               str(directory / 'inventory.yaml'), str(PLAYS / name), *words]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=dict(
        os.environ, PATH=beside + os.pathsep + os.environ['PATH'],
        ANSIBLE_CALLBACK_RESULT_FORMAT='yaml',
        ANSIBLE_HOME=str(directory / 'ansible'),
        ANSIBLE_NOCOWS='1',
        ANSIBLE_PIPELINING='1',
        ANSIBLE_REMOTE_TMP=str(directory / 'ansible' / 'tmp'),
        ANSIBLE_ROLES_PATH=str(ROOT / 'roles')))
    try:
        return process.wait()
    except KeyboardInterrupt:
        # By Ctrl-C it was told already, and once more does no harm.
        process.terminate()
        process.wait()
        raise


def run(options, directory):
    """Bring the cloud up, play, take it down; return the exit code."""
    terminal = terminal_module.Terminal()
    cloud = cloud_module.Cloud(
        str(directory / 'c'), settings=[*SETTINGS, *options.set], owned=True,
        neutron=PLUGGED_AFTER, reporter=terminal.step)
    cloud.up()
    code = 1
    try:
        (directory / 'inventory.yaml').write_text(inventory.text(cloud))
        code = play('run.yaml', directory, options.words)
        collected = play('post.yaml', directory, [
            '-e', 'job_logs=%s' % os.path.abspath(options.logs)])
        code = code or collected
    finally:
        cloud.down(patience=2)
    return code


def main(arguments=None):
    """Run the job; the exit code is 0 when all scenarios passed."""
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--logs', default='graceful-shutdown-logs',
                        help='directory for logs and reports')
    parser.add_argument('--set', action='append', default=[],
                        metavar='SECTION.OPTION=VALUE',
                        help='option of the services, as of devcloud up')
    parser.add_argument('words', nargs='*', metavar='WORD',
                        help='for ansible-playbook; write "--" before them')
    options = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with tempfile.TemporaryDirectory(
            prefix='gs-', ignore_cleanup_errors=True) as directory:
        try:
            return run(options, pathlib.Path(directory))
        except KeyboardInterrupt:
            print('Interrupted; nothing is left running.', file=sys.stderr)
            return 130
        except exception.NovaGSException as error:
            print(error, file=sys.stderr)
            return 1


def _interrupt(_number, _frame):
    raise KeyboardInterrupt()


if __name__ == '__main__':
    sys.exit(main())
