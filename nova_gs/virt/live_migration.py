"""What a driver says of a live migration, and how one under way is steered."""

import abc
import dataclasses
import enum


class Side(enum.Enum):
    """Which end of a migration this host is."""

    SOURCE = 'source'
    DESTINATION = 'destination'


class Arrival(enum.Enum):
    """What a destination's hypervisor says of a guest that may come."""

    #: It knows nothing of it.
    NOTHING = 'nothing'
    #: It is on its way, and nowhere near running here.
    COMING = 'coming'
    #: It runs here, and may need what its source still has of its memory.
    POST_COPY = 'post-copy'
    #: It runs here, and needs nobody.
    HERE = 'here'
    #: It was here, and is switched off.
    OFF = 'off'


@dataclasses.dataclass(frozen=True)
class Progress:
    """One look at a running migration; sizes in bytes, times in seconds.

    ``phase`` is ``'pre-copy'``, ``'post-copy'``, ``'ended'``; or ``'in
    doubt'``, as long as no hypervisor says which host has the guest.
    """

    phase: str = 'pre-copy'
    elapsed: float = 0.0
    memory_total: int = 0
    memory_processed: int = 0
    memory_remaining: int = 0
    disk_total: int = 0
    disk_processed: int = 0
    disk_remaining: int = 0

    @property
    def percent(self):
        """Return how much of the first pass is over, 0 to 100."""
        total = self.memory_total + self.disk_total
        if not total:
            return 0
        remaining = self.memory_remaining + self.disk_remaining
        return max(0, min(100, round(100 * (total - remaining) / total)))


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a migration ended.

    ``arrived`` is true when the hypervisor has confirmed that the guest runs
    at the destination and no longer at the source.  Otherwise the guest is
    at the source, ``aborted`` says whether someone asked for that, and
    ``reason`` is for the user.
    """

    arrived: bool
    aborted: bool = False
    reason: str = ''
    downtime_ms: int | None = None


class MigrationHandle(abc.ABC):
    """A live migration that is under way at its source."""

    @abc.abstractmethod
    def progress(self):
        """Return a ``Progress``; never raises because the end has come."""

    @abc.abstractmethod
    def wait(self, timeout):
        """Return the ``Outcome``, or None if there is none after timeout s."""

    @abc.abstractmethod
    def abort(self):
        """Call the migration off; ``wait`` tells when the guest is back.

        :raises: MigrationNotAbortable in post-copy
        """

    @abc.abstractmethod
    def force_complete(self):
        """Make it end soon: post-copy where permitted, or a paused guest."""
