"""The live migrations that the deadline of a quiesce finds under way.

They are treated as at the deadline of a stop, except that the host stays:
what is left to the hypervisor there is simply seen through here.  What begins
after the deadline, as guests are moved away, is nobody's to call off.
"""

from nova_gs.shutdown import phases

#: What the user is told of a migration that is called off.
WHY = 'had to have ended its work by now'


class Overdue:
    """Stands in for a stop in ``calling_off``.

    :ivar deadlines: ``release_at`` is when what was not called off must be
    :ivar hurried: nobody has asked twice

    :param coordinator: has ``phase`` and ``deadlines``
    """

    hurried = False

    def __init__(self, coordinator):
        self._coordinator = coordinator
        self._sides = []
        self.deadlines = coordinator.deadlines

    @property
    def calls_off(self):
        """Whether something is left of what was under way, and may be ended.

        A host that was taken back or is being stopped, or has another
        deadline, has other deadlines as well.
        """
        return (self.deadlines.release_at is not None and
                self._coordinator.deadlines is self.deadlines and
                self._coordinator.phase is phases.Phase.QUIESCED and
                not all(side.is_over for side in self._sides))

    def of(self, side):
        """Return those of one side; see ``calling_off.CallingOff``."""
        self._sides.append(_Those(side))
        return self._sides[-1]


class _Those:
    """The migrations of one side that were under way at the first look."""

    def __init__(self, side):
        self._side = side
        self._known = None
        self.is_over = False
        self.abort = side.abort
        self.force_complete = side.force_complete
        self.leave = side.leave

    def under_way(self):
        found = self._side.under_way()
        if self._known is None:
            self._known = {migration.uuid for migration in found}
        found = [migration for migration in found
                 if migration.uuid in self._known]
        self.is_over = not found
        return found
