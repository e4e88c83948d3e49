"""What nova_gs asks of a hypervisor: the driver contract.

Guests are named by their instance's UUID.  Every verb either does what it
says or raises a ``HypervisorError`` (or ``GuestNotFound``); none retries,
none touches records, none knows of RPC.  Verbs are called from worker
threads, several at a time for different guests, never two at a time for one
guest, but for the handle of a migration, which other threads may use.

A live migration takes seven verbs, in this order::

    source                          destination
    describe_for_migration
                                    check_migration
                                    accept_migration
    start_migration -> handle
    handle.progress / abort / force_complete / wait
    finish_migration(SOURCE, ..)    finish_migration(DESTINATION, ..)

and ``adopt_migration`` instead of ``start_migration`` after a restart.
"""

import abc
import dataclasses
import enum


class PowerState(enum.IntEnum):
    """What the hypervisor says of a guest; the numbers are the API's."""

    NOSTATE = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6


class Side(enum.Enum):
    """Which end of a migration this host is."""

    SOURCE = 'source'
    DESTINATION = 'destination'


@dataclasses.dataclass(frozen=True)
class Guest:
    """One guest as the hypervisor sees it."""

    uuid: str
    power_state: PowerState


@dataclasses.dataclass(frozen=True)
class HostFacts:
    """What a host has; sizes in MiB and GiB."""

    hypervisor_type: str
    hypervisor_version: int
    hypervisor_hostname: str
    host_ip: str
    vcpus: int
    memory_mb: int
    local_gb: int
    cpu_info: dict


@dataclasses.dataclass(frozen=True)
class Progress:
    """One look at a running migration; sizes in bytes, times in seconds.

    ``phase`` is ``'pre-copy'``, ``'post-copy'`` or ``'ended'``.
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


class ComputeDriver(abc.ABC):
    """A hypervisor on this host.

    :param conf: the ConfigOpts of this process
    """

    def __init__(self, conf):
        self.conf = conf

    @abc.abstractmethod
    def init_host(self):
        """Connect to the hypervisor.

        :raises: HypervisorUnavailable; the caller says so and tries again
        """

    @abc.abstractmethod
    def close(self):
        """Let go of the hypervisor; guests and their migrations go on."""

    @abc.abstractmethod
    def describe_host(self):
        """Return ``HostFacts``."""

    @abc.abstractmethod
    def list_guests(self):
        """Return a list of ``Guest``, running or not."""

    @abc.abstractmethod
    def get_guest(self, uuid):
        """Return one ``Guest``; raises GuestNotFound."""

    @abc.abstractmethod
    def spawn(self, instance, image):
        """Make the guest's disk from an image file, define and start it.

        A failure leaves neither disk nor definition behind.

        :param instance: objects.Instance
        :param image: objects.Image; its ``path`` is readable on this host
        """

    @abc.abstractmethod
    def destroy(self, instance):
        """End the guest and remove its disk; it may be gone already."""

    @abc.abstractmethod
    def power_on(self, instance):
        """Start a guest that is defined; nothing if it runs."""

    @abc.abstractmethod
    def power_off(self, instance, timeout=0):
        """Stop the guest: ask it for timeout seconds, then cut the power."""

    @abc.abstractmethod
    def reboot(self, instance, hard):
        """Restart the guest; a soft reboot falls back to a hard one."""

    @abc.abstractmethod
    def console_output(self, instance):
        """Return everything on the guest's console log as bytes."""

    @abc.abstractmethod
    def describe_for_migration(self, instance):
        """At the source: say what the destination must know; no change made.

        :returns: objects.MigrateData
        :raises: MigrationPreCheckError when the guest cannot go
        """

    @abc.abstractmethod
    def check_migration(self, instance, data):
        """At the destination: could this guest come? No change made.

        :param data: the source's MigrateData
        :returns: the MigrateData with the destination's part filled in
        :raises: MigrationPreCheckError when it cannot
        """

    @abc.abstractmethod
    def accept_migration(self, instance, data):
        """At the destination: make room; returns the MigrateData to use."""

    @abc.abstractmethod
    def start_migration(self, instance, data):
        """At the source: begin to move the guest; returns its handle."""

    @abc.abstractmethod
    def finish_migration(self, instance, side, arrived):
        """After the end, on each side: leave nothing that is not needed.

        May be repeated.  At the source of an arrived guest remove what is
        left of it; at the destination of a guest that did not arrive give
        its room back.  The other two cases only look.

        :param side: ``Side`` of this host
        :param arrived: whether the guest is at the destination now
        :returns: ``Guest`` where it stays, else None
        """

    @abc.abstractmethod
    def adopt_migration(self, instance, data):
        """At the source: take up what an earlier client had begun.

        :param data: the MigrateData that it was, or was to be, begun with
        :returns: the handle of a migration that is under way, or that has
            ended with the guest away; None when nothing moves it and it is
            here
        """
