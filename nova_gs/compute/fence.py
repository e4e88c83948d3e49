"""Guests that must not be started here, as they may run elsewhere.

A migration that was cut leaves a guest in doubt until one host's hypervisor
has said which of them has it.  Until then its task_state keeps users from
asking for anything; the fence keeps this host from starting it for whatever
other reason.
"""

import threading

from nova_gs import exception


class Fence:
    """The guests of one host whose place is in doubt.

    :param name: of the host, for people
    """

    def __init__(self, name):
        self._name = name
        self._lock = threading.Lock()
        self._why = {}

    def put(self, instance_uuid, why):
        """Keep a guest from being started.

        :param why: a sentence for whoever wants that
        """
        with self._lock:
            self._why[instance_uuid] = why

    def lift(self, instance_uuid):
        """Let it be started again; one that is not fenced is no error."""
        with self._lock:
            self._why.pop(instance_uuid, None)

    def require(self, instance_uuid):
        """Refuse to start a guest in doubt.

        :raises: GuestFenced
        """
        with self._lock:
            why = self._why.get(instance_uuid)
        if why is not None:
            raise exception.GuestFenced(
                instance_id=instance_uuid, host=self._name, why=why)

    def list(self):
        """Return {instance UUID: why} of all that is fenced."""
        with self._lock:
            return dict(self._why)
