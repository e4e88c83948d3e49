"""What goes over a fake hypervisor's socket: verbs, lines, errors.

One JSON object per line each way.  A request has ``id``, ``verb``, ``guest``
and ``args``, and may have ``duration`` (seconds), ``fail`` (bool) and
``operation`` (a tag for the journal).  Its answer has the same ``id`` and
either ``result`` or ``error``.
"""

import dataclasses
import json
import os
import socket
import uuid

from nova_gs import exception

SCHEME = 'fake+unix://'

#: Verbs of the driver contract, and of the handle of a migration.
DRIVER_VERBS = (
    'describe_host', 'list_guests', 'get_guest', 'spawn', 'destroy',
    'power_on', 'power_off', 'reboot', 'pause', 'unpause', 'suspend',
    'resume', 'console_output', 'keep_console', 'vnc_console',
    'serial_console',
    'describe_for_migration', 'check_migration', 'accept_migration',
    'start_migration', 'finish_migration', 'adopt_migration',
    'look_for_arrival', 'progress', 'wait', 'abort', 'force_complete',
    'check_resize', 'describe_for_resize', 'sees_storage',
    'leave_for_resize', 'arrive_from_resize', 'confirm_resize',
    'leave_for_revert', 'return_from_resize',
)

#: What the source's hypervisor asks of the destination's.
PEER_VERBS = ('open_arrival', 'commit_arrival', 'cancel_arrival')

#: Not called by anyone: the second stage of a forced migration, which lasts
#: and can be held by this name.
STAGES = ('post_copy',)

VERBS = DRIVER_VERBS + PEER_VERBS + STAGES

#: A migration is watched by these many times a second; they tell nothing.
UNJOURNALED = frozenset(('progress', 'wait', 'look_for_arrival'))

#: One at a time for one guest; a second one waits for the first.
EXCLUSIVE = frozenset((
    'spawn', 'destroy', 'power_on', 'power_off', 'reboot', 'pause',
    'unpause', 'suspend', 'resume',
    'accept_migration', 'start_migration', 'finish_migration',
    'leave_for_resize', 'arrive_from_resize', 'confirm_resize',
    'leave_for_revert', 'return_from_resize'))

PRE_CHECKS = frozenset((
    'describe_for_migration', 'check_migration', 'check_resize',
    'describe_for_resize'))


@dataclasses.dataclass
class Call:
    """One request, on either end of the socket."""

    verb: str
    guest: str | None = None
    args: dict = dataclasses.field(default_factory=dict)
    duration: float | None = None
    fail: bool = False
    operation: str | None = None
    id: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)


def check_verbs(verbs):
    """Raise ValueError for the first name that is not a verb."""
    for verb in verbs:
        if verb not in VERBS:
            raise ValueError('%r is not a verb of the fake hypervisor; they '
                             'are %s' % (verb, ', '.join(VERBS)))


def uri_of(path):
    """Return the migration URI of the hypervisor at a socket path."""
    return SCHEME + os.path.abspath(path)


def path_of(uri):
    """Return the socket path in a migration URI; raises ValueError."""
    if not uri or not uri.startswith(SCHEME + '/'):
        raise ValueError('%r is not the URI of a fake hypervisor (%s/PATH)'
                         % (uri, SCHEME))
    return uri[len(SCHEME):]


def error_to_wire(error):
    """Return an exception as a dict that ``error_from_wire`` understands."""
    if isinstance(error, exception.NovaGSException):
        return {'name': type(error).__name__, 'message': str(error),
                'kwargs': error.kwargs}
    return {'name': 'HypervisorError',
            'message': exception.reason_of(error), 'kwargs': {}}


def error_from_wire(error):
    """Return the exception that the other end raised."""
    kind = getattr(exception, error['name'], exception.HypervisorError)
    return kind(error['message'], **error['kwargs'])


class Disconnected(Exception):
    """The other end is not there, or went before it answered."""


class Channel:
    """A connected socket that carries lines of JSON."""

    def __init__(self, sock):
        self._socket = sock
        self._lines = sock.makefile('rb')

    @classmethod
    def connect(cls, path):
        """Connect to a UNIX socket; raises Disconnected."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
        except OSError as error:
            sock.close()
            raise Disconnected(error.strerror or str(error)) from error
        return cls(sock)

    def send(self, message):
        """Send one object; raises Disconnected."""
        line = json.dumps(message, separators=(',', ':')) + '\n'
        try:
            self._socket.sendall(line.encode())
        except OSError as error:
            raise Disconnected(str(error)) from error

    def receive(self):
        """Return the next object, or None at the end of the stream."""
        try:
            line = self._lines.readline()
        except OSError:
            return None
        return json.loads(line) if line.endswith(b'\n') else None

    def call(self, call):
        """Send a request and return its result.

        :param call: a ``Call``
        :raises: Disconnected, or what the other end raised
        """
        self.send(dataclasses.asdict(call))
        answer = self.receive()
        if answer is None:
            raise Disconnected('the connection ended before %s was answered; '
                               'it may have been done' % call.verb)
        if answer.get('error'):
            raise error_from_wire(answer['error'])
        return answer['result']

    def fileno(self):
        """Return the socket's file descriptor."""
        return self._socket.fileno()

    def shut(self):
        """End the stream in both directions; wakes who polls it."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        """Let the socket go; may be repeated."""
        self._lines.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()
