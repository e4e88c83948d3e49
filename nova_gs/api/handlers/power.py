"""Start, stop and reboot a server."""

from nova_gs.api.handlers import common
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

_VM = fields.VMState
_TASK = fields.TaskState
_KIND = fields.OperationKind


def start(call, server_id):
    """``os-start``: power on what is stopped."""
    instance = common.load_instance(call, server_id, rules.START)
    common.require_host(call, instance)
    common.accept(
        call, instance, kind=_KIND.START, step='start_instance',
        task_state=_TASK.POWERING_ON, host=instance.host,
        vm_states=(_VM.STOPPED,), action='start')


def stop(call, server_id):
    """``os-stop``: power off what runs."""
    instance = common.load_instance(call, server_id, rules.STOP)
    common.require_host(call, instance, letting_go=True)
    common.accept(
        call, instance, kind=_KIND.STOP, step='stop_instance',
        task_state=_TASK.POWERING_OFF, host=instance.host,
        vm_states=(_VM.ACTIVE, _VM.ERROR), action='stop')


def reboot(call, server_id):
    """``reboot``: restart; HARD also what is stopped or broken."""
    instance = common.load_instance(call, server_id, rules.REBOOT)
    common.require_host(call, instance)
    hard = call.body['reboot']['type'].upper() == 'HARD'
    common.accept(
        call, instance, kind=_KIND.REBOOT, step='reboot_instance',
        task_state=_TASK.REBOOTING_HARD if hard else _TASK.REBOOTING,
        host=instance.host,
        params={'reboot_type': 'HARD' if hard else 'SOFT'},
        vm_states=((_VM.ACTIVE, _VM.STOPPED, _VM.ERROR) if hard
                   else (_VM.ACTIVE,)),
        action='reboot')
