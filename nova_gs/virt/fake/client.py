"""The client's end of a fake hypervisor: calls for the driver, and control.

Tests hold a hypervisor's calls open and break them::

    hypervisor = client.control('/path/of/hypervisor.sock')
    hypervisor.hold('reboot')
    ...                                     # someone reboots a guest
    hypervisor.wait_for('reboot', 'begun')
    ...                                     # kill, stop, look
    hypervisor.release('reboot')
"""

from nova_gs import exception
from nova_gs.virt.fake import protocol


class Client:
    """Calls one hypervisor, over a connection of its own each time.

    :param path: the hypervisor's socket
    """

    def __init__(self, path):
        self.path = path

    def call(self, call):
        """Send one protocol.Call and return its result.

        :raises: HypervisorUnavailable, or what the hypervisor raised
        """
        try:
            with protocol.Channel.connect(self.path) as channel:
                return channel.call(call)
        except protocol.Disconnected as error:
            raise exception.HypervisorUnavailable(
                uri=self.path, reason=str(error)) from error


def control(path):
    """Return the ``Control`` of the hypervisor at a socket path."""
    return Control(path)


class Control:
    """The test switches of one hypervisor.

    ``verb`` is one of ``protocol.VERBS``; ``guest`` an instance UUID, or
    None for all guests.  Everything raises HypervisorUnavailable when the
    process is not there and HypervisorError for a verb that does not exist.

    :param path: the hypervisor's socket
    """

    def __init__(self, path):
        self._client = Client(path)

    def _ask(self, what, **args):
        return self._client.call(
            protocol.Call('control.' + what, args=args))

    def ping(self):
        """Return the hypervisor's process id."""
        return self._ask('ping')

    def hold(self, verb, guest=None, at='begin'):
        """Keep calls open, begun in the journal, until ``release``.

        :param at: 'begin' holds before the change is made, 'answer' after
            it is made and journaled, before the caller learns of it
        """
        self._ask('hold', verb=verb, guest=guest, at=at)

    def release(self, verb, guest=None):
        """Let go the calls of a verb, and hold no more of them."""
        self._ask('release', verb=verb, guest=guest)

    def fail(self, verb, guest=None, times=1, reason=None):
        """Let the next calls of a verb fail, at the end of their duration.

        :param times: how many; None is for ever (until ``reset``)
        :param reason: what the user is told
        """
        self._ask('fail', verb=verb, guest=guest, times=times, reason=reason)

    def set_duration(self, verb, seconds):
        """Say how long calls last, running ones too.

        It outweighs what the requests and the command line say; None takes
        it back.
        """
        self._ask('set_duration', verb=verb, seconds=seconds)

    def reset(self):
        """Take all holds, failures and durations back."""
        self._ask('reset')

    def wait_for(self, verb, event='begun', guest=None, count=1, timeout=10):
        """Wait for an entry in the journal and return it.

        Entries that are there already count, those of earlier lives too.

        :param count: which one of the matching entries, from 1
        :param timeout: seconds
        :raises: TimeoutError
        """
        entry = self._ask('wait_for', verb=verb, event=event, guest=guest,
                          count=count, timeout=timeout)
        if entry is None:
            last = ['%(verb)s %(event)s' % one for one in self.journal()[-8:]]
            raise TimeoutError(
                '%s of %s did not come %d times within %s s at %s; the last '
                'entries are: %s' % (event, verb, count, timeout,
                                     self._client.path, ', '.join(last)))
        return entry

    def journal(self, verb=None, event=None, guest=None):
        """Return the journal's entries in order, filtered where asked."""
        return [entry for entry in self._ask('journal')
                if verb in (None, entry['verb'])
                and event in (None, entry['event'])
                and guest in (None, entry['guest'])]

    def world(self):
        """Return {table: {key: row}}; see nova_gs.virt.fake.world."""
        return self._ask('world')
