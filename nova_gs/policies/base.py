"""The roles that every rule is made of."""

from oslo_policy import policy

CONTEXT_IS_ADMIN = 'context_is_admin'

ADMIN = 'rule:context_is_admin'
MEMBER = 'rule:project_member_or_admin'
ADMIN_OR_SERVICE = 'rule:admin_or_service'
READER = 'rule:project_reader_or_admin'
ANYONE = '@'


def rule(name, check, sentence, *operations):
    """Return a documented default.

    :param name: the rule's name
    :param check: who may, one of the above
    :param sentence: what it allows
    :param operations: 'METHOD /path' of each request that it guards
    """
    return policy.DocumentedRuleDefault(
        name=name, check_str=check, description=sentence,
        operations=[dict(zip(('method', 'path'), text.split(' ', 1)))
                    for text in operations],
        scope_types=['project'])


def list_rules():
    """Return the rules that the others refer to."""
    return [
        policy.RuleDefault(
            CONTEXT_IS_ADMIN, 'role:admin', 'Who counts as administrator.'),
        policy.RuleDefault(
            'admin_or_service',
            'rule:context_is_admin or role:service',
            'Who may speak for another service.'),
        policy.RuleDefault(
            'project_member_or_admin',
            'rule:context_is_admin or '
            '(role:member and project_id:%(project_id)s)',
            'Who may change what a project owns.'),
        policy.RuleDefault(
            'project_reader_or_admin',
            'rule:context_is_admin or '
            '(role:reader and project_id:%(project_id)s)',
            'Who may read what a project owns.'),
    ]
