"""Tasks that offer an operation to the best host that still has room."""

from nova_gs.conductor.tasks import base
from nova_gs import exception

#: How often hosts are looked for whose room others take first.
LOOKS = 3


class Placing(base.Task):
    """Offers to one candidate after the other; looks again if all are full.

    ``check`` returns scheduler Candidates, the best first.
    """

    def execute(self, plan):
        for _look in range(LOOKS):
            for candidate in plan:
                try:
                    self._offer(candidate)
                except exception.NoValidHost as error:
                    # Somebody else was given the room in the meantime.
                    last = error
                else:
                    self.means.publisher.publish(self.ctxt, self.operation)
                    return
            # It says of every host what is in the way now.
            plan = self.check()
        raise last

    def _offer(self, candidate):
        """Offer the next step to a candidate; raises NoValidHost."""
        raise NotImplementedError
