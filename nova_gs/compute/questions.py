"""Asking a host something, for as long as the host may answer.

A short call that nobody will answer is refused within two seconds instead of
timing out after a minute.  Whoever reads its queue may answer, if only to
refuse.  When nobody does, the host's record tells why: it drains, or it was
stopped.  Without a reason it is given a moment, and then counts as gone.

A call that may last is waited for as long as the process lives that was
asked: one that was started meanwhile knows nothing of it.
"""

import functools

from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.rpc import answers
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs import servicegroup

#: Longest wait for a host's record at one look, in seconds.
RECORD_WITHIN = 1


class Questions:
    """Asks hosts.

    :param conf: ConfigOpts
    :param transport: from ``rpc.transport.create``
    :param clock: Clock
    :param read: callable(host) -> objects.Service as it is now, or None
    """

    def __init__(self, conf, transport, clock, read):
        self._transport = transport
        self._clock = clock
        self._read = read
        self._servicegroup = servicegroup.ServiceGroup(conf)
        #: Owners of the hosts' records, as last read.
        self._owners = {}
        #: Hosts that did not answer, with the owner at that time: the next
        #: question looks before it goes.
        self._silent = {}

    def ask(self, send, row, topic, host):
        """Send a message and return its answer.

        What its sender has bounded, and what is not answered at all, is
        simply sent.

        :param send: callable(is_wanted) that does it, see ``answers.ask``;
            without an argument whoever asked waits to the end
        :param row: catalogue row
        :param topic: Topic that it goes to
        :raises: HostDraining, HostUnavailable, or what ``send`` raises
        """
        if (row.patience is catalogue.Patience.NONE
                or rpc_client.is_bounded()):
            return send()
        count = functools.partial(
            answers.readers, self._transport, topic.queue(host))
        if row.patience is catalogue.Patience.LONG:
            vigil = answers.Vigil(
                host, count, functools.partial(self._owner, host),
                self._clock)
            return answers.ask(vigil.over(send), vigil)
        watch = answers.Watch(
            host, count, functools.partial(self._check, host), self._clock)
        if host in self._silent:
            self._look_first(watch, host)
        try:
            return answers.ask(send, watch)
        except (exception.HostDraining, exception.HostUnavailable):
            self._silent[host] = self._owners.get(host)
            raise

    def _look_first(self, watch, host):
        """Raise at once what a host that has been silent still is.

        One that has started meanwhile is new: it is given its moment.
        """
        try:
            watch.look(patience=0)
        except exception.HostUnavailable:
            if self._owners.get(host) == self._silent.get(host):
                raise
        self._silent.pop(host, None)

    def _owner(self, host):
        """Return the identity of a host's process, None when unknown."""
        with rpc_client.at_most(RECORD_WITHIN):
            service = self._read(host)
        return service and service.owner

    def _check(self, host):
        """Raise what a host's record says against an answer."""
        with rpc_client.at_most(RECORD_WITHIN):
            service = self._read(host)
        self._owners[host] = service and service.owner
        # One that is quiesced still answers.
        if service and service.phase != fields.ServicePhase.QUIESCED:
            self._servicegroup.require_up(service)
