"""The line between the process that keeps workers and each of them.

A signal may reach a worker twice: systemd sends it to a whole unit and
Ctrl-C to a whole terminal, and the parent passes it on besides.  For SIGTERM
that matters, since a second one calls work off.  So the parent passes it on
as a word, and the signal itself only makes sure that a worker drains.

When the line ends, so has the parent; then the worker drains and ends too.
"""

import enum
import os
import signal
import socket
import subprocess
import sys
import threading

from nova_gs import exception
from nova_gs.shutdown import phases

#: Where a worker finds its end: number, file descriptor, the parent's owner.
VARIABLE = 'NOVA_GS_WORKER'


class Word(enum.Enum):
    """What is said on a line, a byte each."""

    # by the parent
    DRAIN = b'd'
    HURRY = b'h'
    # by the worker
    LISTENING = b'l'
    SERVING = b's'


#: How many SIGTERMs each word of the parent stands for.
_TERMS = {Word.DRAIN: 1, Word.HURRY: 2}


class Ear:
    """What a worker's signals are posted to, instead of its inbox.

    :param inbox: the worker's ``shutdown.inbox.Inbox``
    """

    def __init__(self, inbox):
        self._inbox = inbox
        self._lock = threading.Lock()
        self._posted = 0
        self._alone = False

    def put(self, item):
        """Hear a signal; TERM counts once, while there is a parent."""
        if item is not phases.Event.TERM:
            self._inbox.put(item)
        else:
            self._post(self._posted + 1 if self._alone else 1)

    def hear(self, word):
        """Hear the parent."""
        self._post(_TERMS[word])

    def lose(self):
        """Hear that the parent is gone."""
        self._alone = True
        self._post(1)

    def _post(self, number):
        """Post TERM until that was done so many times in all."""
        with self._lock:
            while self._posted < number:
                self._posted += 1
                self._inbox.put(phases.Event.TERM)


class Line:
    """The worker's end.

    :ivar number: of the worker, from 1
    :ivar owner: identity of the parent, for its service record

    :param environ: where the parent has left word
    :raises: ConfigurationError when that is of no use
    """

    def __init__(self, environ):
        try:
            number, descriptor, self.owner = environ.pop(VARIABLE).split(':')
            self.number = int(number)
            self._socket = socket.socket(fileno=int(descriptor))
            self._socket.set_inheritable(False)
        except (ValueError, OSError) as error:
            raise exception.ConfigurationError(
                option='The environment variable ' + VARIABLE,
                problem='it is for programs that nova-conductor itself '
                        'starts',
                remedy='Unset it.') from error

    def listen(self, inbox):
        """Hear the parent from now on, in a thread.

        :param inbox: the worker's inbox
        :returns: the Ear to which its signals go
        """
        ear = Ear(inbox)
        threading.Thread(target=self._run, args=(ear,), name='line',
                         daemon=True).start()
        _say(self._socket, Word.LISTENING)
        return ear

    def serving(self):
        """Tell the parent that this worker serves."""
        _say(self._socket, Word.SERVING)

    def _run(self, ear):
        for word in _words(self._socket):
            ear.hear(word)
        ear.lose()


def of_process():
    """Return the Line of a process that is a worker, else None.

    :raises: ConfigurationError
    """
    return Line(os.environ) if VARIABLE in os.environ else None


class Worker:
    """A worker process, and the parent's end of the line to it.

    It is made by executing this very program once more, in a session of its
    own, where Ctrl-C in the parent's terminal does not reach.

    :param number: from 1; whoever takes its place gets the same
    :param owner: identity of the parent, for its service record
    :raises: OSError when there can be no further process
    """

    def __init__(self, number, owner):
        self.number = number
        self._listens = False
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *sys.orig_argv[1:]],
                env=dict(os.environ, **{VARIABLE: '%d:%d:%s' % (
                    number, theirs.fileno(), owner)}),
                pass_fds=[theirs.fileno()], start_new_session=True)

    @property
    def pid(self):
        """The process's id."""
        return self._process.pid

    @property
    def listens(self):
        """Whether it has ever been there to hear a word."""
        return self._listens

    def words(self):
        """Return an iterator over what it says, until its end."""
        for word in _words(self._socket):
            self._listens = True
            yield word

    def say(self, word):
        """Tell it something; without a word of its own it gets a signal.

        While it imports its modules nobody listens on its line.
        """
        _say(self._socket, word)
        if not self._listens:
            self.send_signal(signal.SIGTERM)

    def send_signal(self, number):
        """Send it a signal; that it is gone is no error."""
        self._process.send_signal(number)

    def wait(self, timeout=None):
        """Wait for its end.

        :param timeout: seconds, or None
        :returns: exit code, negative for a signal; None when it runs on
        """
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        """Give the line back, when it has ended."""
        self._socket.close()


def _say(line, word):
    try:
        line.send(word.value, socket.MSG_DONTWAIT)
    except OSError:
        # Nobody is there any more.  That shows on the line itself.
        pass


def _words(line):
    """Return an iterator over what comes in, until the other end is gone."""
    while True:
        try:
            said = line.recv(64)
        except OSError:
            return
        if not said:
            return
        for byte in said:
            yield Word(bytes([byte]))
