"""The verbs of operations: accept, claim, report, offer, finish.

Each verb is one transaction that begins with a conditional UPDATE of the
operation (or, for ``accept``, with a lock on the instance).  Either that
UPDATE finds the row as the caller believes it to be, or nothing at all is
written.  It also locks the row, so the rest of the verb is undisturbed.
"""

import datetime
import uuid

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import instance as instance_rows
from nova_gs.db import instance_action
from nova_gs.db import models
from nova_gs.db import operation_claims as claims
from nova_gs.db import operation_effects as effects
from nova_gs.db import operation_queries
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.rpc import catalogue

_TABLE = models.operations
_STATES = fields.OperationState
_WHY = fields.ClaimRefusal

#: Names of instance actions that differ from the operation's kind.
_ACTIONS = {fields.OperationKind.BUILD: 'create'}

#: What an event says of a step that was handed on as it was.
_ONCE_MORE = 'It did not end here and was offered again.'

#: The event that tells what a start has made of a step that was cut.
RECOVERY = 'recovery'

#: What a row has that nobody holds and nobody shall take.
_AT_REST = {'owner': None, 'claim_id': None, 'expires_at': None,
            'next_sweep_at': None}


class Operations(operation_queries.OperationQueries):
    """Reads and writes operations.

    :param database: engine.Database
    :param conf: ConfigOpts
    """

    def __init__(self, database, conf):
        super().__init__(database)
        self._conf = conf

    @engine.retry
    def accept(self, context, instance_uuid, kind, step, task_state,
               host=None, params=None, vm_states=None, task_states=(None,),
               migration=None, action=None, expires_in=None,
               new_instance=None, seen_on=()):
        """Record a request; see ``objects.Operation.accept``.

        :param seen_on: (host on which the instance was seen,): it has to be
                        there still; () to accept it anywhere
        :param migration: dict of a new migration's fields, or None
        :param new_instance: dict of the fields of an instance that is made
                             along with it, or None
        :returns: the row with ``instance`` and ``migration``
        """
        with self._db.writer() as connection:
            if new_instance is not None:
                instance_rows.add(connection, new_instance)
            instance = effects.lock_instance(connection, instance_uuid)
            time = instance['read_at']
            effects.require_states(instance, kind, vm_states, task_states)
            for host_before in seen_on:
                effects.require_host(instance, kind, host_before)
            if not (kind == fields.OperationKind.DELETE
                    and task_states is None):
                effects.require_idle(connection, instance_uuid, kind)
            effects.write_task_state(
                connection, instance, task_state, time)
            if migration is not None:
                migration = effects.add_migration(
                    connection, context, instance_uuid, migration, time)
            row = {
                'uuid': str(uuid.uuid4()), 'kind': kind,
                'request_id': context.request_id,
                'instance_uuid': instance_uuid,
                'migration_uuid': (None if migration is None
                                   else migration['uuid']),
                'user_id': context.user_id, 'project_id': context.project_id,
                'state': _STATES.ACCEPTED, 'step': step, 'host': host,
                'params': params or {}, 'created_at': time,
                'updated_at': time,
                'expires_at': time + datetime.timedelta(
                    seconds=(self._conf.operations.expires_after
                             if expires_in is None else expires_in)),
                'next_sweep_at': time + datetime.timedelta(
                    seconds=self._conf.operations.sweep_interval),
                'action_id': instance_action.begin(
                    connection, context, instance_uuid,
                    action or _ACTIONS.get(kind, kind), time),
            }
            row['id'] = query.insert(connection, _TABLE, row)
        return dict(row, instance=instance, migration=migration)

    @engine.retry
    def claim(self, operation_uuid, step, owner, claim_id):
        """Take an offered step; see ``objects.Operation.claim``."""
        with self._db.writer() as connection:
            won = _change(
                connection, operation_uuid,
                (_TABLE.c.step == step, _TABLE.c.owner.is_(None),
                 _TABLE.c.state.in_(_STATES.CLAIMABLE), claims.may_begin(),
                 claims.is_alive(step, owner),
                 ~claims.is_elsewhere(step, owner)),
                dict(_held_by(owner, claim_id),
                     next_sweep_at=self._next_look(step)))
            row = operation_queries.get(connection, operation_uuid)
            if won:
                instance_action.begin_event(
                    connection, row['action_id'], step, row['host'])
            elif not _is_held(row, claim_id) or row['step'] != step:
                raise claims.refusal(row, step, *connection.execute(
                    sa.select(claims.is_elsewhere(step, owner),
                              claims.is_alive(step, owner)).select_from(_TABLE)
                    .where(_TABLE.c.uuid == operation_uuid)).one())
            return operation_queries.with_nested(connection, row)

    @engine.retry
    def take_over(self, operation_uuid, host, owner, claim_id, told=None):
        """Take what is left; see ``objects.Operation.take_over``."""
        with self._db.writer() as connection:
            won = _change(
                connection, operation_uuid, (claims.is_left_to(host, owner),),
                dict(_held_by(owner, claim_id), error=None))
            row = operation_queries.get(connection, operation_uuid)
            if won:
                instance_action.end_events(
                    connection, row['action_id'],
                    'nova-compute on host %s ended.' % row['host'])
                if told is not None:
                    instance_action.tell(
                        connection, row['action_id'], RECOVERY, host, told)
                instance_action.begin_event(
                    connection, row['action_id'], row['step'], host)
            elif not _is_held(row, claim_id):
                raise claims.refusal(
                    row, row['step'],
                    otherwise=(
                        _WHY.TAKEN if host in (row['host'], row['peer_host'])
                        else _WHY.MOVED))
            return operation_queries.with_nested(connection, row)

    @engine.retry
    def report(self, operation_uuid, step, claim_id, words, instance=None,
               migration=None, params=None):
        """Say how far a step is; see ``objects.Operation.report``.

        :param words: dict of the operation's columns to write
        :returns: the row, without nested ones
        """
        with self._db.writer() as connection:
            row = _change_held(
                connection, operation_uuid, step, claim_id, words, params)
            effects.write_nested(connection, row, instance, migration)
            return row

    @engine.retry
    def offer(self, operation_uuid, step, claim_id, words, instance=None,
              migration=None, params=None, expires_in=None, reserve_on=None):
        """Hand an operation on; see ``objects.Operation.offer``.

        :param step: the step that ends
        :param words: dict with the next ``step``, ``host``, ``peer_host``,
            and ``error`` if the step that ends has failed
        :returns: the row, without nested ones
        """
        interval = self._conf.operations.sweep_interval
        values = dict(
            words, owner=None, claim_id=None, offered_by=claim_id,
            expires_at=self._expiry(words['step'], expires_in),
            next_sweep_at=dialects.now(interval))
        with self._db.writer() as connection:
            try:
                row = _change_held(connection, operation_uuid, step,
                                   claim_id, values, params)
            except exception.ClaimRefused:
                row = operation_queries.get(connection, operation_uuid)
                if not _was_offered(row, words['step'], claim_id):
                    raise
                return row
            if reserve_on is not None:
                instance, migration = effects.reserve(
                    connection, row, reserve_on, instance, migration)
            effects.write_nested(connection, row, instance, migration)
            instance_action.end_events(
                connection, row['action_id'], words.get(
                    'error', _ONCE_MORE if words['step'] == step else None))
            return row

    @engine.retry
    def finish(self, operation_uuid, step, claim_id, state, error=None,
               instance=None, migration=None):
        """End an operation; see ``objects.Operation.finish``.

        :returns: the row, without nested ones
        """
        # The claim stays on the row, so that repeating this does no harm.
        values = {'state': state, 'error': error, 'next_sweep_at': None}
        with self._db.writer() as connection:
            try:
                row = _change_held(connection, operation_uuid, step,
                                   claim_id, values)
            except exception.ClaimRefused:
                row = operation_queries.get(connection, operation_uuid)
                if row['claim_id'] != claim_id or row['state'] != state:
                    raise
                return row
            effects.end(connection, row, instance, migration)
            return row

    @engine.retry
    def cancel_offered(self, operation_uuid, state, error, instance=None,
                       migration=None, step=None, expired=False):
        """End what nobody has claimed; returns whether that was so.

        See ``objects.Operation.cancel_offered``.
        """
        clauses = [_TABLE.c.owner.is_(None),
                   _TABLE.c.state.in_(_STATES.CLAIMABLE)]
        if step is not None:
            clauses.append(_TABLE.c.step == step)
        if expired:
            clauses.append(_TABLE.c.expires_at <= dialects.now())
        with self._db.writer() as connection:
            if not _change(connection, operation_uuid, clauses,
                           dict(_AT_REST, state=state, error=error)):
                return False
            row = operation_queries.get(connection, operation_uuid)
            effects.end(connection, row, instance, migration)
            return True

    @engine.retry
    def reroute(self, operation_uuid, step, host, to, reason, instance=None,
                params=None):
        """Offer another host what one has not claimed.

        See ``objects.Operation.reroute``.  The deadline stays what it was.

        :returns: the row, without nested ones
        """
        with self._db.writer() as connection:
            done = _change(
                connection, operation_uuid,
                (_TABLE.c.step == step, _TABLE.c.host == host,
                 _TABLE.c.owner.is_(None),
                 _TABLE.c.state.in_(_STATES.CLAIMABLE), claims.may_begin()),
                {'host': to, 'offered_by': None, 'next_sweep_at':
                 dialects.now(self._conf.operations.sweep_interval)})
            row = operation_queries.get(connection, operation_uuid)
            if not done:
                raise claims.refusal(
                    row, step, elsewhere=row['host'] != host)
            # A delete that was accepted meanwhile has to find the guest
            # where it was seen; from here on none is accepted there.
            effects.lock_instance(connection, row['instance_uuid'])
            effects.require_idle(connection, row['instance_uuid'],
                                 row['kind'], but_for=row['id'])
            _merge(connection, row, params)
            effects.write_nested(connection, row, *effects.reserve(
                connection, row, to, instance, None))
            instance_action.begin_event(
                connection, row['action_id'], step, host)
            instance_action.end_events(connection, row['action_id'], reason)
            return row

    @engine.retry
    def interrupt(self, operation_uuid, step, claim_id, error, instance=None,
                  migration=None):
        """Note that an executor is gone.

        See ``objects.Operation.mark_interrupted``.

        :returns: the row, without nested ones
        """
        # The row says who had it, for one that was wrongly held for dead.
        held = {name: _TABLE.c[name] for name in ('owner', 'claim_id')}
        # Here an absent claim is a state like any other.
        same = (_TABLE.c.claim_id.is_(None) if claim_id is None
                else _TABLE.c.claim_id == claim_id)
        with self._db.writer() as connection:
            done = _change(
                connection, operation_uuid,
                (same, _TABLE.c.step == step,
                 _TABLE.c.state.in_(_STATES.CLAIMABLE)),
                dict(_AT_REST, state=_STATES.INTERRUPTED, error=error,
                     **held))
            row = operation_queries.get(connection, operation_uuid)
            if not done:
                raise claims.refusal(row, step)
            effects.write_nested(connection, row, instance, migration)
            instance_action.end_events(connection, row['action_id'], error)
            instance_action.note(connection, row['action_id'], error)
            return row

    def _next_look(self, step):
        """Return when the sweeper looks at a claimed step; None for never.

        What a host has claimed it takes up itself when it comes back; what
        a conductor has claimed any other one can do.
        """
        if step in catalogue.ROWS and catalogue.is_conductor_step(step):
            return dialects.now(self._conf.operations.sweep_interval)
        return None

    def _expiry(self, step, expires_in):
        """Return the deadline of an offer; None if it has none.

        What only begins something expires, what carries begun work on does
        not, unless the caller says otherwise.
        """
        row = catalogue.ROWS.get(step)
        if expires_in is None and row and row.role is catalogue.Role.BEGINS:
            expires_in = self._conf.operations.expires_after
        return None if expires_in is None else dialects.now(expires_in)


def _held_by(owner, claim_id):
    return {'owner': owner, 'claim_id': claim_id, 'state': _STATES.RUNNING,
            'expires_at': None, 'next_sweep_at': None}


def _is_held(row, claim_id):
    return row['claim_id'] == claim_id and row['state'] == _STATES.RUNNING


def _was_offered(row, step, claim_id):
    """Whether this very claim has already offered this very step."""
    return (row['offered_by'] == claim_id and row['step'] == step
            and row['state'] not in _STATES.FINAL)


def _change(connection, operation_uuid, clauses, values):
    """Write to an operation if it is as it should be; returns whether."""
    return connection.execute(
        sa.update(_TABLE).where(_TABLE.c.uuid == operation_uuid, *clauses)
        .values(**values)).rowcount


def _change_held(connection, operation_uuid, step, claim_id, values,
                 params=None):
    """Write to an operation under a claim; returns the row.

    :param params: dict to merge into the row's
    :raises: ClaimRefused, OperationNotFound
    """
    # Comparing with None would match every step that nobody holds.
    done = claim_id is not None and _change(
        connection, operation_uuid,
        (_TABLE.c.claim_id == claim_id, _TABLE.c.state == _STATES.RUNNING),
        dict(values, updated_at=dialects.now()))
    row = operation_queries.get(connection, operation_uuid)
    if not done:
        raise claims.refusal(row, step)
    _merge(connection, row, params)
    return row


def _merge(connection, row, params):
    """Merge a dict into the params of an operation that is locked."""
    if params:
        row['params'] = dict(row['params'], **params)
        _change(connection, row['uuid'], (), {'params': row['params']})
