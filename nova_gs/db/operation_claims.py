"""Who may claim a step, and why somebody may not.

The conditions are part of the statement that claims, so they hold at that
very moment.
"""

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import models
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.rpc import catalogue

_TABLE = models.operations
_SERVICES = models.services
_STATES = fields.OperationState
_WHY = fields.ClaimRefusal


def may_begin():
    """Return the condition that an offer has not expired."""
    return sa.or_(_TABLE.c.expires_at.is_(None),
                  _TABLE.c.expires_at > dialects.now())


def is_elsewhere(step, owner):
    """Return the condition that a claimant serves another host.

    A step that was offered to it first may have gone to that host since,
    and the message that it got says nothing of hosts.
    """
    if step in catalogue.ROWS and catalogue.is_conductor_step(step):
        return sa.false()
    return sa.exists().where(
        _SERVICES.c.host != _TABLE.c.host,
        _SERVICES.c.binary == fields.Binary.COMPUTE,
        _SERVICES.c.owner == owner)


def is_alive(step, owner):
    """Return the condition that a host's process may still claim a step.

    A broker or a conductor that stood still may bring the claim of a process
    that has ended meanwhile: nobody would know of it.
    """
    if step in catalogue.ROWS and catalogue.is_conductor_step(step):
        return sa.true()
    return ~sa.exists().where(
        _SERVICES.c.host == _TABLE.c.host,
        _SERVICES.c.binary == fields.Binary.COMPUTE,
        sa.or_(_SERVICES.c.owner != owner,
               _SERVICES.c.phase == fields.ServicePhase.STOPPED))


def is_left_to(host, owner):
    """Return the condition that a step is a host's to be taken over.

    That is its own; and, when its source is lost, the one that may have
    brought a guest here: the source may never return to say so.

    :param owner: identity of the host's present process
    """
    interrupted = _TABLE.c.state == _STATES.INTERRUPTED
    running = sa.and_(
        _TABLE.c.state == _STATES.RUNNING, _TABLE.c.owner.is_not(None),
        _TABLE.c.owner != owner)
    return sa.or_(
        sa.and_(_TABLE.c.host == host, sa.or_(running, interrupted)),
        sa.and_(_TABLE.c.peer_host == host, interrupted,
                _TABLE.c.step == 'live_migration'))


def refusal(row, step, elsewhere=False, lives=True, otherwise=_WHY.TAKEN):
    """Return the ClaimRefused that a row as it is now calls for.

    :param elsewhere: whether it is about another host by now
    :param lives: whether the claimant may speak for the host still
    :param otherwise: why, if the row does not tell
    """
    if row['state'] in _STATES.FINAL:
        why = _WHY.FINAL
    elif row['step'] != step or row['owner'] is None and elsewhere:
        why = _WHY.MOVED
    elif row['owner'] is None and not lives:
        why = _WHY.ENDED
    elif row['owner'] is None and row['expires_at'] is not None:
        why = _WHY.EXPIRED
    else:
        why = otherwise
    return exception.ClaimRefused(
        step=step, operation_id=row['uuid'], why=why)
