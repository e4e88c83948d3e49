"""A Sphinx directive on live migrations that a deadline finds under way.

``.. migration-at-deadline::``
    what is decided for each policy, asked of what decides
"""

import tables

from nova_gs.compute.live_migration import deadline
from nova_gs.conf import shutdown

POLICIES = (shutdown.ABORT, shutdown.FORCE_COMPLETE, shutdown.RESUME)

_STAGES = deadline.Stage

#: Seconds that are left, and how many of these a rollback needs.
_LEFT, _MARGIN = 15, 5

#: (what is seen, stage, seconds that it needs, seconds that are left)
SITUATIONS = (
    ('It waits in the queue, or for room at the destination',
     _STAGES.WAITING, None, _LEFT),
    ('It copies memory, and will be over in time', _STAGES.COPYING, 1, _LEFT),
    ('It copies memory, and will not be over in time', _STAGES.COPYING,
     deadline.NEVER, _LEFT),
    ('It copies memory, and there is just time for a rollback',
     _STAGES.COPYING, deadline.NEVER, _MARGIN),
    ('It is in post-copy, or the guest has arrived', _STAGES.PAST, None,
     _LEFT),
)

_WORDS = {
    deadline.Verdict.WAIT: 'waited for',
    deadline.Verdict.ABORT: 'called off',
    deadline.Verdict.FORCE: 'forced to complete',
    deadline.Verdict.LEAVE: 'left to the hypervisors, resumed by the next '
                            'start',
}


class MigrationAtDeadline(tables.TableDirective):
    """A row for each situation, a column for each policy."""

    header = ('When the time is over',) + tuple(
        '``%s``' % policy for policy in POLICIES)

    def rows(self):
        return [[text] + [
            _WORDS[deadline.decide(policy, stage, needed, left, _MARGIN)]
            for policy in POLICIES]
            for text, stage, needed, left in SITUATIONS]


def setup(app):
    app.add_directive('migration-at-deadline', MigrationAtDeadline)
    return {'parallel_read_safe': True}
