"""How the programs of nova_gs are run, installed or from a source tree."""

import os
import sys

import nova_gs
from nova_gs import concurrency
from nova_gs.shutdown import unit

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(nova_gs.__file__)))
#: Would make services behave as if systemd or another cloud were there, or
#: otherwise than the cloud was told.
_FOREIGN = ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'PYTHONPATH',
            concurrency.VARIABLE, unit.VARIABLE)
_RUN = ('import sys; sys.argv[0] = %r; from nova_gs.cmd import %s as program;'
        ' sys.exit(program.main())')


def of_services(**more):
    """Return the environment of the services as a dict.

    :param more: variables that are set besides
    """
    environ = {name: value for name, value in os.environ.items()
               if name not in _FOREIGN and not name.startswith('OS_')}
    paths = [os.path.abspath(path) for path
             in os.environ.get('PYTHONPATH', '').split(os.pathsep) if path]
    if _ROOT not in paths:
        paths.insert(0, _ROOT)
    environ['PYTHONPATH'] = os.pathsep.join(paths)
    environ['PYTHONUNBUFFERED'] = '1'
    return dict(environ, **more)


def command(program, *arguments):
    """Return the command line of one of our programs, such as nova-api.

    The installed script of the same Python is preferred, since that is what
    ``ps`` should show.

    :param program: its name; or a path ending in .py, of a stand-in for it
    """
    if program.endswith('.py'):
        return [sys.executable, program, *arguments]
    script = os.path.join(os.path.dirname(sys.executable), program)
    if os.access(script, os.X_OK):
        return [script, *arguments]
    module = program.removeprefix('nova-')
    return [sys.executable, '-c', _RUN % (program, module), *arguments]
