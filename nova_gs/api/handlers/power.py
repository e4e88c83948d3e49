"""Start, stop and restart a server, and make it stand still."""

from nova_gs.api.handlers import common
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

_VM = fields.VMState
_TASK = fields.TaskState
_KIND = fields.OperationKind

#: Where a guest may be that is restarted whatever it does.
_RESTARTABLE = (_VM.ACTIVE, _VM.STOPPED, _VM.PAUSED, _VM.SUSPENDED, _VM.ERROR)


def start(call, server_id):
    """``os-start``: power on what is stopped."""
    _ask(call, server_id, rules.START, _KIND.START, _TASK.POWERING_ON,
         (_VM.STOPPED,))


def stop(call, server_id):
    """``os-stop``: power off what runs."""
    _ask(call, server_id, rules.STOP, _KIND.STOP, _TASK.POWERING_OFF,
         (_VM.ACTIVE, _VM.ERROR), letting_go=True)


def reboot(call, server_id):
    """``reboot``: restart; HARD also what does not run."""
    hard = call.body['reboot']['type'].upper() == 'HARD'
    _ask(call, server_id, rules.REBOOT, _KIND.REBOOT,
         _TASK.REBOOTING_HARD if hard else _TASK.REBOOTING,
         _RESTARTABLE if hard else (_VM.ACTIVE,),
         params={'reboot_type': 'HARD' if hard else 'SOFT'})


def pause(call, server_id):
    """``pause``: make what runs stand still."""
    _ask(call, server_id, rules.PAUSE, _KIND.PAUSE, _TASK.PAUSING,
         (_VM.ACTIVE,), letting_go=True)


def unpause(call, server_id):
    """``unpause``: let what was paused go on."""
    _ask(call, server_id, rules.UNPAUSE, _KIND.UNPAUSE, _TASK.UNPAUSING,
         (_VM.PAUSED,))


def suspend(call, server_id):
    """``suspend``: switch off what runs, its memory kept on disk."""
    _ask(call, server_id, rules.SUSPEND, _KIND.SUSPEND, _TASK.SUSPENDING,
         (_VM.ACTIVE,), letting_go=True)


def resume(call, server_id):
    """``resume``: switch on what was suspended, where it was."""
    _ask(call, server_id, rules.RESUME, _KIND.RESUME, _TASK.RESUMING,
         (_VM.SUSPENDED,))


def _ask(call, server_id, rule, kind, task_state, vm_states,
         letting_go=False, params=None):
    """Record a request for the server's host."""
    instance = common.load_to_change(call, server_id, rule)
    common.require_host(call, instance, letting_go)
    common.accept(
        call, instance, kind=kind, step='%s_instance' % kind,
        task_state=task_state, host=instance.host, params=params,
        vm_states=vm_states, action=kind)
