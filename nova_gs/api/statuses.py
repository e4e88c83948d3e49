"""What the API calls a server's state, and the other way round.

One table: a vm_state has a status of its own, and some task states have
another one while they last.
"""

from nova_gs.objects import fields

_VM = fields.VMState
_TASK = fields.TaskState

_RESIZES = dict.fromkeys(_TASK.RESIZE, 'RESIZE') | {
    _TASK.RESIZE_REVERTING: 'REVERT_RESIZE'}

#: vm_state -> (status, {task_state: status while it lasts})
TABLE = {
    _VM.ACTIVE: ('ACTIVE', {
        _TASK.REBOOTING: 'REBOOT',
        _TASK.REBOOTING_HARD: 'HARD_REBOOT',
        _TASK.MIGRATING: 'MIGRATING',
        **_RESIZES,
    }),
    _VM.BUILDING: ('BUILD', {}),
    _VM.PAUSED: ('PAUSED', {_TASK.REBOOTING_HARD: 'HARD_REBOOT'}),
    _VM.SUSPENDED: ('SUSPENDED', {_TASK.REBOOTING_HARD: 'HARD_REBOOT'}),
    _VM.STOPPED: ('SHUTOFF', {_TASK.REBOOTING_HARD: 'HARD_REBOOT',
                              **_RESIZES}),
    _VM.RESIZED: ('VERIFY_RESIZE', {
        _TASK.RESIZE_REVERTING: 'REVERT_RESIZE'}),
    _VM.ERROR: ('ERROR', {_TASK.REBOOTING_HARD: 'HARD_REBOOT'}),
    _VM.DELETED: ('DELETED', {}),
}

#: Statuses in which a server shows its progress.
WITH_PROGRESS = ('ACTIVE', 'BUILD', 'MIGRATING')

#: Statuses of the Compute API that no server here is ever in.
NEVER = ('PASSWORD', 'REBUILD', 'RESCUE', 'SHELVED', 'SHELVED_OFFLOADED',
         'SOFT_DELETED')


def of(instance):
    """Return the status of an Instance; UNKNOWN for states without one."""
    status, busy = TABLE.get(instance.vm_state, ('UNKNOWN', {}))
    return busy.get(instance.task_state, status)


def states_of(status):
    """Return ({vm_state}, {task_state} or None) that a status stands for.

    A status that belongs to a vm_state as such covers every task state, as
    in Nova: a list of ACTIVE servers has those that are being rebooted.
    """
    vm_states, task_states = set(), set()
    default = False
    for vm_state, (own, busy) in TABLE.items():
        if own == status:
            vm_states.add(vm_state)
            default = True
        for task_state, name in busy.items():
            if name == status:
                vm_states.add(vm_state)
                task_states.add(task_state)
    return vm_states, None if default else task_states


def known(status):
    """Say whether the Compute API has such a status at all."""
    return status in NEVER or bool(states_of(status)[0])
