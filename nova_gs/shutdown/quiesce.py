"""An operator's order to take nothing in, and the time that it leaves."""

import dataclasses
import datetime

from nova_gs.shutdown import deadlines
from nova_gs.shutdown import phases

#: Until when a quiesced host takes nothing in, for those who are refused.
UNTIL_TAKEN_BACK = 'an operator lets it work again'

#: Why, when the operator has not said so.
NO_REASON = 'it was quiesced'

#: Phases in which a service stays: a stop has not been asked for.
STAYS = (phases.Phase.SERVING, phases.Phase.QUIESCED)


@dataclasses.dataclass(frozen=True)
class Quiesce:
    """Posted to the coordinator when the service is to take nothing in.

    :ivar reason: for those who are refused, a few words, or None
    :ivar deadline: aware datetime until which its work is to end, or None
    """

    reason: str | None = None
    deadline: datetime.datetime | None = None


def cut(event, order, budget, clock):
    """Return the ``deadlines.Deadlines`` of a service that stays.

    :param event: the ``phases.Event`` that has just happened
    :param order: the ``Quiesce`` that holds
    :param budget: a ``deadlines.Budget``
    :param clock: a ``clock.Clock``
    """
    now = clock.now()
    if event is phases.Event.ABORT_DUE:
        return budget.call_off(now)
    if event is not phases.Event.QUIESCE or order.deadline is None:
        return deadlines.Deadlines()
    left = (order.deadline - clock.utcnow()).total_seconds()
    return deadlines.Deadlines(abort_at=now + max(0, left))
