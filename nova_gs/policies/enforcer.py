"""Asks oslo.policy, and answers in our own errors."""

from oslo_policy import policy

from nova_gs import exception
from nova_gs import policies
from nova_gs.policies import base


class Enforcer:
    """The rules of this process.

    :param conf: ConfigOpts; [oslo_policy] says where overrides are
    """

    def __init__(self, conf):
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.suppress_default_change_warnings = True
        self._enforcer.register_defaults(policies.list_rules())

    def allowed(self, context, rule, target=None):
        """Say whether a user may do what a rule guards.

        :param context: RequestContext
        :param rule: the rule's name
        :param target: an object with project_id and user_id; None for the
            user's own project
        """
        return self._enforcer.authorize(
            rule, _target(context, target), context, do_raise=False)

    def authorize(self, context, rule, target=None):
        """Do nothing if ``allowed``, else raise Forbidden."""
        if not self.allowed(context, rule, target):
            raise exception.Forbidden(action=rule)

    def is_admin(self, context):
        """Say whether a user is an administrator."""
        return self._enforcer.authorize(
            base.CONTEXT_IS_ADMIN, {}, context, do_raise=False)


def _target(context, target):
    owner = context if target is None else target
    return {'project_id': owner.project_id, 'user_id': owner.user_id}
