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

and ``adopt_migration`` instead of ``start_migration`` after a restart.  A
destination that has lost its source asks with ``look_for_arrival``.  What they
say of it, and the handle, are in ``virt.live_migration``.

A guest that is moved switched off, or gets another size, takes these; both
columns may be the same host::

    source                          destination
                                    check_resize
    describe_for_resize
                                    sees_storage
    leave_for_resize
                                    arrive_from_resize
    confirm_resize
    - or -
                                    leave_for_revert
    return_from_resize

Each of them may be repeated, and then ends as it did before.
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
    #: Off, with its memory on disk.
    SUSPENDED = 7


class Plug:
    """How an interface of a guest is plugged in: ``vif_type`` of its port.

    Neutron's words, and one of our own.
    """

    #: A tap in a bridge of the host, ``details['bridge_name']``.
    BRIDGE = 'bridge'
    #: The same with Open vSwitch, under the port's ID.
    OVS = 'ovs'
    #: QEMU's own network, which needs no rights and reaches no other guest.
    USER = 'user'

    ALL = (BRIDGE, OVS, USER)


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
class ConsoleAddress:
    """Where a proxy reaches a console: over TCP, from another machine too."""

    host: str
    port: int


class ComputeDriver(abc.ABC):
    """A hypervisor on this host.

    :param conf: the ConfigOpts of this process
    """

    #: What to do when the hypervisor is away, if it does not say so itself.
    REMEDY = ''

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
    def spawn(self, instance, image, paused=False):
        """Make the guest's disk from an image file, define and start it.

        A failure leaves neither disk nor definition behind.

        :param instance: objects.Instance; each of its ``ports`` becomes an
            interface
        :param paused: whether it stands still until ``unpause``, plugged in
            and without having executed anything
        :param image: objects.Image; its ``path`` is readable on this host
        """

    @abc.abstractmethod
    def destroy(self, instance):
        """End the guest and remove its disk; it may be gone already."""

    @abc.abstractmethod
    def power_on(self, instance):
        """Boot a guest that is off; nothing if it is on."""

    @abc.abstractmethod
    def power_off(self, instance, timeout=0):
        """Stop the guest: ask it for timeout seconds, then cut the power."""

    @abc.abstractmethod
    def reboot(self, instance, hard):
        """Restart the guest; a soft reboot falls back to a hard one.

        What is left of a suspended guest's memory is dropped.
        """

    @abc.abstractmethod
    def pause(self, instance):
        """Make a running guest stand still; nothing if it does already.

        :raises: HypervisorError for a guest that is off
        """

    @abc.abstractmethod
    def unpause(self, instance):
        """Let a paused guest go on; nothing if it runs.

        :raises: HypervisorError for a guest that is off
        """

    @abc.abstractmethod
    def suspend(self, instance):
        """Write a guest's memory to disk and switch it off.

        It stays on this host; nothing if it is suspended already.  A failure
        leaves it on.

        :raises: HypervisorError for a guest that is off
        """

    @abc.abstractmethod
    def resume(self, instance):
        """Let a suspended guest run where it was; nothing if it runs.

        One that is on and stands still goes on: it is halfway there.

        :raises: HypervisorError for a guest that is off and not suspended
        """

    @abc.abstractmethod
    def console_output(self, instance):
        """Return everything on the guest's console log as bytes."""

    @abc.abstractmethod
    def keep_console(self, instance, written):
        """At the destination: put what a guest wrote before into its log.

        That is before all that it has written since its arrival here. May
        be repeated. Where logs come along with guests by themselves there is
        nothing to do.

        :param written: bytes that ``console_output`` gave at its source,
            after it had left
        """

    @abc.abstractmethod
    def vnc_console(self, instance):
        """Return the ``ConsoleAddress`` of the guest's screen, as it is now.

        Who connects there is greeted in the RFB protocol (RFC 6143).

        :raises: ConsoleTypeUnavailable when the guest was made without one;
            ConsoleNotReady for a guest that is off; GuestNotFound
        """

    @abc.abstractmethod
    def serial_console(self, instance):
        """Return the ``ConsoleAddress`` of the guest's serial port, as now.

        Who connects there reads what the guest writes from then on, and
        writes what it reads. One at a time may do so. What the guest writes
        is in ``console_output`` too, whether or not anybody reads it here.

        :raises: ConsoleTypeUnavailable when the guest was made without one;
            ConsoleNotReady for a guest that is off; GuestNotFound
        """

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
    def accept_migration(self, instance, data, image=None):
        """At the destination: make room; returns the MigrateData to use.

        Where ``data.ports`` is set, what can be is plugged in now: it is
        what the guest finds when it comes, and stays until
        ``finish_migration`` or the guest's end.  ``data.plugged`` gets the
        IDs of the ports that need nothing more for a network to tell of
        them, which may be none; for the others nobody waits.

        :param image: objects.Image of the guest where its disks are to be
            copied (``data.block_migration``); None where it is gone
        """

    @abc.abstractmethod
    def start_migration(self, instance, data):
        """At the source: begin to move the guest; returns its handle."""

    @abc.abstractmethod
    def finish_migration(self, instance, side, arrived):
        """After the end, on each side: leave nothing that is not needed.

        May be repeated.  At the source of an arrived guest remove what is
        left of it; at the destination of a guest that did not arrive give
        its room back, with what was plugged in for it.  The other two cases
        only look.  Disks are removed if they were copied, or made to be
        copied to, and never where both hosts share them.

        :param side: ``live_migration.Side`` of this host
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

    @abc.abstractmethod
    def look_for_arrival(self, instance):
        """At the destination: return a guest's ``live_migration.Arrival``.

        It changes nothing.
        """

    @abc.abstractmethod
    def check_resize(self, instance, flavor):
        """At the destination: could a guest come in a size? No change made.

        :param instance: as it is at its source
        :param flavor: objects.Flavor that it is to have
        :raises: MigrationPreCheckError when it cannot
        """

    @abc.abstractmethod
    def describe_for_resize(self, instance):
        """At the source: say what the destination must know; no change made.

        :returns: objects.MigrateData
        :raises: MigrationPreCheckError when the guest cannot go
        """

    @abc.abstractmethod
    def sees_storage(self, instance, data):
        """At the destination: whether the guest's disk is here already.

        :param data: MigrateData of ``describe_for_resize``
        """

    @abc.abstractmethod
    def leave_for_resize(self, instance, data):
        """At the source: switch the guest off, and let it go.

        It is asked to shut down for ``shutdown_timeout`` first.  It is not
        on this host afterwards; its disk is where it was.

        :returns: the MigrateData that it arrives with
        :raises: GuestNotFound when it was never here
        """

    @abc.abstractmethod
    def arrive_from_resize(self, instance, data, power_on):
        """At the destination: take the guest, in the instance's size.

        Its disk grows with that, and is never made smaller.

        :param data: MigrateData of ``leave_for_resize``
        :param power_on: whether it is started
        :returns: ``Guest``
        """

    @abc.abstractmethod
    def confirm_resize(self, instance):
        """At the source: keep nothing that the guest could go back to."""

    @abc.abstractmethod
    def leave_for_revert(self, instance):
        """At the destination: switch the guest off, and let it go.

        It may never have arrived.

        :returns: the MigrateData that it returns with
        """

    @abc.abstractmethod
    def return_from_resize(self, instance, data, power_on):
        """At the source: take the guest back, in the instance's old size.

        One that has not left stays, and is started if it is to run.  A disk
        that has grown is again what it was when the guest left.

        :param data: MigrateData of ``leave_for_revert``; None for a guest
            that never came to its destination
        :param power_on: whether it is started
        :returns: ``Guest``
        """
