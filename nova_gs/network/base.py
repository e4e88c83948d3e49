"""What nova_gs asks of whoever gives ports."""

import abc

#: The words that a request may say instead of a list.
NONE, AUTO = 'none', 'auto'


class Network(abc.ABC):
    """Gives instances their ports."""

    @abc.abstractmethod
    def resolve(self, ctxt, wanted):
        """Return the ``objects.Port`` that a request asks for.

        What need not be made yet is not: a port without an ``id`` is made
        by ``bind``.  Nothing is changed.

        :param ctxt: RequestContext of the user
        :param wanted: ``NONE``, ``AUTO``, None (as ``AUTO``) or dicts with
            ``uuid`` of a network or ``port``, and ``tag``
        :raises: Invalid, Conflict; NetworkFailed when nobody answers
        """

    @abc.abstractmethod
    def bind(self, ctxt, instance, ports, host):
        """Make the ports of an instance ready for a host.

        May be repeated, also for another host.

        :param ports: ``objects.Port``
        :returns: (the ports as they are now, [(event, tag)] that will be
            told when they are plugged in)
        :raises: NetworkFailed
        """

    @abc.abstractmethod
    def bind_ahead(self, ctxt, instance, ports, host):
        """Make ports ready for a host that their guest is to move to.

        Where the guest is now, they go on working.  May be repeated.

        :param ports: ``objects.Port``, bound to another host
        :returns: (the ports as they will be there, [(event, tag)] that will
            be told when they are plugged in there); None where ports can be
            bound to one host at a time only: then ``bind_arrived`` does it
        :raises: NetworkFailed
        """

    @abc.abstractmethod
    def bind_arrived(self, ctxt, instance, ports, host):
        """The guest has moved: its ports are this host's and no other's.

        Whether or not they were made ready for it.  May be repeated.

        :returns: the ports as they are now
        :raises: NetworkFailed
        """

    @abc.abstractmethod
    def unbind_ahead(self, ctxt, instance, ports, host):
        """The guest does not come: take back what ``bind_ahead`` has made.

        What it uses is not touched.  May be repeated.

        :raises: NetworkFailed
        """

    @abc.abstractmethod
    def release(self, ctxt, instance):
        """Give back what an instance has; may be repeated.

        What was made for it goes; what its user had made stays.

        :raises: NetworkFailed
        """

    @abc.abstractmethod
    def refresh(self, ctxt, ports):
        """Return the ports with their present addresses.

        Those that are gone are not among them.

        :raises: NetworkFailed
        """
