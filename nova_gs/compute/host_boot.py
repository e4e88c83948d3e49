"""Guests that are to run again when their host was booted anew.

The hypervisor still has them, switched off.  Each gets an operation like one
that a user asks for, so that it is seen, and survives whatever comes.
"""

import os

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

#: The kernel makes a new one at each boot; see random(4).
BOOT_ID = '/proc/sys/kernel/random/boot_id'

#: Where the last one is kept, in the state path.
FILE = 'boot-id'


class HostBoot:
    """Knows whether the host was booted since the last start.

    :param state_path: directory of what outlasts a restart
    :param source: file with the present boot's identity
    """

    def __init__(self, state_path, source=BOOT_ID):
        self._file = os.path.join(state_path, FILE)
        self._now = _read(source)

    @property
    def is_new(self):
        """Whether this is another boot than the one last noted."""
        before = _read(self._file)
        return bool(before and self._now) and before != self._now

    def note(self):
        """Take this boot down, once what it asks for is on record."""
        with open(self._file + '.new', 'w', encoding='ascii') as stream:
            stream.write(self._now + '\n')
        os.replace(self._file + '.new', self._file)


def bring_back(host, ctxt):
    """Ask for a start of each guest that is off and shall run.

    :param host: compute.host.Host
    :param ctxt: admin RequestContext
    :returns: how many there were
    :raises: HypervisorError, PeerUnavailable
    """
    off = {guest.uuid for guest in host.driver.list_guests()
           if guest.power_state in (driver.PowerState.SHUTDOWN,
                                    driver.PowerState.CRASHED)}
    asked = [instance.uuid for instance in objects.InstanceList.get_by_host(
                 ctxt, host.name)
             if instance.uuid in off and _is_to_run(instance)
             and _ask(host, ctxt, instance)]
    if asked:
        LOG.info('This host was booted: %d guests are started again.',
                 len(asked))
    return len(asked)


def _is_to_run(instance):
    return (instance.vm_state == fields.VMState.ACTIVE
            and instance.task_state is None)


def _ask(host, ctxt, instance):
    try:
        objects.Operation.accept(
            ctxt, instance, fields.OperationKind.START, 'start_instance',
            fields.TaskState.POWERING_ON, host=host.name,
            vm_states=(fields.VMState.ACTIVE,))
    except exception.Conflict as error:
        # Somebody has asked for something else meanwhile.
        LOG.info('Instance %s is not started again: %s', instance.uuid,
                 exception.reason_of(error))
        return False
    return True


def _read(path):
    try:
        with open(path, encoding='ascii') as stream:
            return stream.read().strip()
    except FileNotFoundError:
        return ''
