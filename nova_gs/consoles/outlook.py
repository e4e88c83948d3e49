"""What is said to who looks at a guest's console, or no longer sees it.

It is read by people who may not know of hosts, so it names none.
"""

import dataclasses
import enum

from nova_gs.objects import fields


class Close(enum.IntEnum):
    """With what a connection is ended; 4000 and up are free for our use."""

    #: The page is to connect again.
    AGAIN = 4000
    #: It would be in vain.
    OVER = 4001


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What is to be said, and whether to come back.

    :param kind: a word for programs
    :param text: a sentence for people, of at most 120 bytes: more does not
        fit into the end of a WebSocket
    """

    kind: str
    text: str
    again: bool = True

    @property
    def code(self):
        """Return how a connection is closed that ends with this."""
        return Close.AGAIN if self.again else Close.OVER


HERE = Outlook('here', '')
MOVING = Outlook(
    'moving', 'The guest is about to move to another host. Its console comes '
    'along.')
LEAVING = Outlook(
    'moving', 'The guest moves to another host; reconnecting...')
MOVED = Outlook(
    'moved', 'The guest has moved to another host; reconnecting...')
DRAINING = Outlook(
    'draining', 'The guest\'s host is being drained. The guest runs on, and '
    'may be moved to another host.')
AWAY = Outlook(
    'away', 'The guest\'s host is being serviced. The guest runs on; '
    'reconnecting...')
OFF = Outlook(
    'off', 'The guest is off. Its console is here again when it is started.')
LOST = Outlook(
    'lost', 'The connection to the guest\'s console was lost; '
    'reconnecting...')
SLOW = Outlook(
    'slow', 'The guest writes more than this connection takes; '
    'reconnecting...')
RESTARTING = Outlook(
    'restarting', 'The console service is being restarted; reconnecting...')
DELETED = Outlook('deleted', 'The server was deleted.', again=False)
EXPIRED = Outlook(
    'expired', 'This link has expired. Ask for a new one: openstack console '
    'url show --novnc|--serial SERVER', again=False)
NO_CONSOLE = Outlook(
    'no-console', 'This server has no console of this type.', again=False)
TAKEN = Outlook(
    'taken', 'This serial console was opened elsewhere, and only one can '
    'have it at a time.', again=False)

_SHOWN = (fields.VMState.ACTIVE, fields.VMState.PAUSED)

_OF_PHASE = {
    fields.ServicePhase.DRAINING: DRAINING,
    fields.ServicePhase.QUIESCED: DRAINING,
    fields.ServicePhase.STOPPED: AWAY,
}


def of(instance, phase):
    """Return the Outlook of a guest, by its records.

    :param instance: objects.Instance
    :param phase: one of ``fields.ServicePhase``, of its host; None when
        there is no record
    """
    if instance.vm_state == fields.VMState.DELETED:
        return DELETED
    if instance.task_state == fields.TaskState.MIGRATING:
        return MOVING
    if instance.vm_state not in _SHOWN:
        return OFF
    return _OF_PHASE.get(phase, HERE)


def of_end(before, instance, phase):
    """Return why a guest's console is not there, by its records.

    :param before: host that it was on; None when it was not there
    """
    if before not in (None, instance.host):
        return MOVED
    found = of(instance, phase)
    return {HERE: LOST, MOVING: LEAVING}.get(found, found)
