"""One thread at a time touches a guest.

A delete is taken at any moment, also while the guest is being built, or
before its build has begun.  Then both are this host's to do, and each may
come first.  Who comes second waits, and a build that comes second is dropped.
"""

import collections

from oslo_concurrency import lockutils

from nova_gs import exception

#: How many removed guests are remembered.  Only a build that was claimed
#: before the removal was recorded has to hear of it; it follows at once.
REMEMBERED = 1000


class Turns:
    """Gives the guests of one host to one thread each."""

    def __init__(self):
        self._removed = collections.deque(maxlen=REMEMBERED)

    def alone_with(self, instance_uuid):
        """Return a context in which no other operation touches a guest."""
        return lockutils.lock('guest %s' % instance_uuid)

    def removed(self, instance_uuid):
        """Note, alone with it, that a guest was removed for good."""
        self._removed.append(instance_uuid)

    def require_wanted(self, instance_uuid):
        """Refuse, alone with it, to make a guest anew that was removed.

        :raises: InstanceNotFound
        """
        if instance_uuid in self._removed:
            raise exception.InstanceNotFound(instance_id=instance_uuid)
