"""How long whoever stops this process waits before it kills it.

systemd is asked for the unit that this process is the main one of.  Where
something else does the stopping, such as a kubelet, nobody can be asked; its
patience is told by ``NOVA_GS_STOP_TIMEOUT`` in the environment.
"""

import dataclasses
import logging
import os
import re
import subprocess

from nova_gs import exception

LOG = logging.getLogger(__name__)

#: Names the patience of whoever stops this process, in seconds.
VARIABLE = 'NOVA_GS_STOP_TIMEOUT'

#: Where systemd keeps which run of which unit has which id.
INVOCATIONS = '/run/systemd/units'

CGROUP = '/proc/self/cgroup'

#: How long systemd may take to answer, in seconds.
ANSWERS_WITHIN = 2

_SERVICE = re.compile(r'[^/\s]+\.service')

#: The manager of a user's own units.
_USERS = re.compile(r'/user@\d+\.service/')

_PART = re.compile(r'(\d+(?:\.\d+)?)(y|month|w|d|h|min|ms|us|μs|s)')
_SECONDS = {'y': 31557600, 'month': 2629800, 'w': 604800, 'd': 86400,
            'h': 3600, 'min': 60, 's': 1, 'ms': 1e-3, 'us': 1e-6, 'μs': 1e-6}


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long a stop may take before it is cut by force.

    :ivar who: whose patience it is, e.g. ``'nova-compute.service'``
    :ivar seconds: from the order to stop to the kill; None without end
    :ivar option: what people change to change it
    :ivar where: where they do that
    """

    who: str
    seconds: float | None
    option: str
    where: str


def read(environ=os.environ, cgroup=CGROUP, invocations=INVOCATIONS,
         ask=None):
    """Find out how long a stop of this process may take.

    :param environ: environment of this process
    :param cgroup: file with its cgroups
    :param invocations: directory of systemd, see ``INVOCATIONS``
    :param ask: callable(arguments) -> what systemctl prints
    :returns: ``Patience``; None when nobody kills, or nobody says so
    :raises ConfigurationError: when ``VARIABLE`` is not a number
    """
    if environ.get(VARIABLE):
        return _told(environ[VARIABLE])
    name, arguments = _find(environ, cgroup, invocations)
    if name is None:
        return None
    try:
        shown = (ask or _systemctl)(arguments + [
            'show', '--property=MainPID,TimeoutStopUSec', '--', name])
    except (OSError, subprocess.SubprocessError) as error:
        LOG.info('systemd was not told how long %s may take to stop, since '
                 'it cannot be asked: %s', name, error)
        return None
    facts = dict(line.split('=', 1) for line in shown.splitlines()
                 if '=' in line)
    # A helper, or a shell in it, is stopped in another way.
    if facts.get('MainPID') != str(os.getpid()):
        return None
    return Patience(name, parse(facts.get('TimeoutStopUSec', '')),
                    'TimeoutStopSec', 'systemctl edit %s' % name)


def parse(span):
    """Return a time span as systemctl prints it in seconds.

    :param span: e.g. ``'1min 30s'``
    :returns: seconds; None for ``'infinity'`` and what is no time span
    """
    parts = _PART.findall(span)
    if not parts:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _told(text):
    try:
        seconds = float(text)
        if not 0 < seconds < float('inf'):
            raise ValueError
    except ValueError:
        raise exception.ConfigurationError(
            option=VARIABLE, problem='%r is no number of seconds' % text,
            remedy='Give the seconds between SIGTERM and SIGKILL, or leave '
                   'the variable out.')
    return Patience('whoever stops this process', seconds, VARIABLE,
                    'with the grace period, terminationGracePeriodSeconds')


def _find(environ, cgroup, invocations):
    """Return (unit, arguments of systemctl), or (None, [])."""
    try:
        with open(cgroup, encoding='utf-8') as lines:
            paths = [line.split(':', 2)[-1].rstrip('\n') for line in lines]
    except OSError:
        paths = []
    for path in paths:
        units = _SERVICE.findall(path)
        if units:
            by_user = _USERS.search(path + '/')
            return units[-1], ['--user'] if by_user else []
    return _of_invocation(environ.get('INVOCATION_ID'), invocations), []


def _of_invocation(identity, invocations):
    """Return the unit of which a run has this id, or None."""
    try:
        names = os.listdir(invocations) if identity else ()
    except OSError:
        return None
    for name in names:
        kind, _, unit = name.partition(':')
        if kind == 'invocation' and _target(
                os.path.join(invocations, name)) == identity:
            return unit
    return None


def _target(path):
    try:
        return os.readlink(path)
    except OSError:
        return None


def _systemctl(arguments):
    environ = {name: value for name, value in os.environ.items()
               if name in ('PATH', 'XDG_RUNTIME_DIR',
                           'DBUS_SESSION_BUS_ADDRESS')}
    return subprocess.run(
        ['systemctl'] + arguments, check=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, timeout=ANSWERS_WITHIN,
        env=dict(environ, LC_ALL='C.UTF-8', SYSTEMD_COLORS='0')).stdout
