"""Keep users from changing a server, and let them again."""

from nova_gs.api.handlers import common
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

_BY = fields.LockedBy


def lock(call, server_id):
    """``lock``: since 2.73 with a reason.

    An owner's does not replace an administrator's.
    """
    instance = common.load_instance(call, server_id, rules.LOCK)
    mine = _is_owner(call, instance)
    if mine and instance.locked_by == _BY.ADMIN:
        return
    instance.lock(_BY.OWNER if mine else _BY.ADMIN,
                  (call.body['lock'] or {}).get('locked_reason')
                  if call.minor >= 73 else None)


def unlock(call, server_id):
    """``unlock``: what an administrator has locked, others may not."""
    instance = common.load_instance(call, server_id, rules.UNLOCK)
    if instance.locked_by == _BY.ADMIN and _is_owner(call, instance):
        call.authorize(rules.UNLOCK_OVERRIDE, instance)
    instance.unlock()


def _is_owner(call, instance):
    return call.context.project_id == instance.project_id
