"""Operations: one record for every request that changes something.

An operation goes through steps.  A step is *offered* (no owner), *claimed*
by one delivery of one process, and then reported on, offered onward or
finished by whoever holds the claim.  Each of these is one transaction that
writes nothing at all when the claim is not, or no longer, the caller's.
"""

import json

from nova_gs.objects import base
from nova_gs.objects import fields
from nova_gs.objects import instance as instance_obj
from nova_gs.objects import migration as migration_obj


@base.NovaObjectRegistry.register
class Operation(base.NovaObject):
    """One operation.

    ``remaining`` is in bytes, ``progress`` in percent.  ``expired`` says
    whether ``expires_at`` had passed, by the database's clock, when the
    operation was read by ``OperationList.take_due``; it is not stored.
    """

    # 1.1: reroute(); take_over() says what becomes of what was cut.
    VERSION = '1.1'
    fields = {
        'id': fields.IntegerField(),
        'uuid': fields.StringField(),
        'kind': fields.StringField(),
        'request_id': fields.StringField(nullable=True),
        'instance_uuid': fields.StringField(),
        'migration_uuid': fields.StringField(nullable=True),
        'user_id': fields.StringField(nullable=True),
        'project_id': fields.StringField(nullable=True),
        'state': fields.StringField(),
        'step': fields.StringField(),
        'host': fields.StringField(nullable=True),
        'peer_host': fields.StringField(nullable=True),
        'owner': fields.StringField(nullable=True),
        'claim_id': fields.StringField(nullable=True),
        'progress': fields.IntegerField(nullable=True),
        'remaining': fields.IntegerField(nullable=True),
        'expires_at': fields.DateTimeField(nullable=True),
        'expired': fields.BooleanField(default=False),
        'error': fields.StringField(nullable=True),
        'params': fields.JsonField(default={}),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
        'instance': fields.ObjectField('Instance', nullable=True),
        'migration': fields.ObjectField('Migration', nullable=True),
    }

    @classmethod
    def from_row(cls, context, row):
        """Return an unchanged operation; what is nested is dicts."""
        row = dict(row)
        row.setdefault('expired', False)
        for name, nested in (('instance', instance_obj.Instance),
                             ('migration', migration_obj.Migration)):
            if row.get(name) is not None:
                row[name] = nested.from_row(context, row[name])
        return super().from_row(context, row)

    @property
    def is_final(self):
        """Whether the operation has ended."""
        return self.state in fields.OperationState.FINAL

    @property
    def is_offered(self):
        """Whether its step waits for somebody to claim it."""
        return (self.owner is None
                and self.state in fields.OperationState.CLAIMABLE)

    @classmethod
    @base.remotable
    def accept(cls, context, instance, kind, step, task_state, host=None,
               params=None, vm_states=None, task_states=(None,),
               migration=None, action=None, expires_in=None):
        """Record a request: from here on it reaches a final state.

        :param instance: objects.Instance that it is about; its task_state
                         is brought up to date. One that has a uuid but was
                         not created yet is created along with it
        :param kind: one of ``fields.OperationKind``
        :param step: first step, offered to ``host`` (None: not bound)
        :param task_state: what the instance gets
        :param params: dict of JSON for the executors
        :param vm_states: those that permit it; None for any
        :param task_states: likewise; None for any, and an open operation
                            is then no hindrance to a delete
        :param migration: objects.Migration to go with it, or None; one that
                          has an id was there before, and gets the status
                          that was set
        :param action: name of the instance action; None derives it
        :param expires_in: seconds until the step must not begin any more;
                           None for ``[operations] expires_after``
        :returns: the Operation, offered, with instance and migration
        :raises: InvalidState, OperationInProgress, InstanceNotFound;
                 InstanceMoved when it is on another host than ``instance``
                 says
        """
        new = not instance.obj_attr_is_set('id')
        row = base.store().operations.accept(
            context, instance.uuid, kind, step, task_state, host=host,
            params=params, vm_states=vm_states, task_states=task_states,
            migration=migration and migration.to_accept(),
            action=action, expires_in=expires_in,
            new_instance=(instance.columns(instance.obj_get_changes())
                          if new else None),
            seen_on=() if new else (instance.host,))
        operation = cls.from_row(context, row)
        if new:
            instance.absorb(operation.instance)
        instance.task_state = task_state
        instance.updated_at = row['updated_at']
        instance.obj_reset_changes(['task_state', 'updated_at'])
        operation.instance = instance
        operation.obj_reset_changes(['instance'])
        return operation

    @classmethod
    @base.remotable
    def claim(cls, context, uuid, step, owner, claim_id):
        """Take an offered step; the same claim_id again gets the same.

        :param owner: id of this process, made anew at each start
        :param claim_id: id of this delivery
        :returns: the Operation with instance and migration
        :raises: ClaimRefused (``why``: see ``fields.ClaimRefusal``),
                 OperationNotFound
        """
        return cls.from_row(context, base.store().operations.claim(
            uuid, step, owner, claim_id))

    @classmethod
    @base.remotable
    def take_over(cls, context, uuid, host, owner, claim_id, told=None):
        """Take a step that a dead process of this host left behind.

        For recovery only: the step is running under another owner, or
        interrupted.  The same claim_id again gets the same.  The destination
        of a live migration may take over its source's step that way, but
        only an interrupted one.

        :param host: where the step belongs; it must match the record
        :param told: what the user reads of it among the action's events
        :returns: the Operation, running, with instance and migration
        :raises: ClaimRefused (``why``: taken, moved, final),
                 OperationNotFound
        """
        return cls.from_row(context, base.store().operations.take_over(
            uuid, host, owner, claim_id, told))

    def take_back(self):
        """Go on with what was marked as interrupted, although we have it.

        Whoever marked it held this host for lost; as long as nobody has
        taken it over, this process knows better.

        :returns: whether it is ours again, by the same claim
        :raises: ClaimRefused, OperationNotFound
        """
        now = self.get_by_uuid(self._context, self.uuid)
        if (self.claim_id is None or now.claim_id != self.claim_id
                or now.state != fields.OperationState.INTERRUPTED):
            return False
        self.take_over(self._context, self.uuid, now.host, now.owner,
                       self.claim_id)
        return True

    @classmethod
    @base.remotable
    def get_by_uuid(cls, context, uuid):
        """Return one operation with its instance and migration.

        :raises: OperationNotFound
        """
        return cls.from_row(
            context, base.store().operations.get_by_uuid(uuid))

    def report(self, progress=None, remaining=None, host=base.UNSET,
               peer_host=base.UNSET, instance=None, migration=None,
               params=None):
        """Say how far the claimed step is; None leaves a value.

        :param progress: percent
        :param remaining: bytes
        :param instance: dict of the instance's fields to write
        :param migration: dict of the migration's fields to write
        :param params: dict that is merged into ``params``
        :raises: ClaimRefused when the step is not ours any more
        """
        given = {'host': host, 'peer_host': peer_host}
        words = {name: value for name, value in given.items()
                 if value is not base.UNSET}
        if progress is not None:
            words['progress'] = progress
        if remaining is not None:
            words['remaining'] = remaining
        fresh = self.report_claimed(
            self._context, self.uuid, self.step, self.claim_id, words,
            instance_obj.Instance.pack(instance),
            migration_obj.Migration.pack(migration), _as_text(params))
        self._settle(fresh, instance, migration)

    @classmethod
    @base.remotable
    def report_claimed(cls, context, uuid, step, claim_id, words, instance,
                       migration, params):
        """Do what ``report`` says; returns the Operation."""
        return cls.from_row(context, base.store().operations.report(
            uuid, step, claim_id, words,
            instance=cls._instance_columns(instance),
            migration=migration_obj.Migration.unpack(migration),
            params=_from_text(params)))

    def offer(self, step, host=None, peer_host=None, instance=None,
              migration=None, params=None, expires_in=None,
              reserve_on=None, error=None):
        """Hand the operation on: end the claimed step, offer the next.

        :param host: who executes the next step; None: not bound
        :param peer_host: the other end; None: there is none
        :param expires_in: seconds until it must not begin any more; None
                           for never, since something has begun already
        :param reserve_on: host that must have room for the instance; the
                           migration (or else the instance) names it
                           afterwards, and so holds the room
        :param error: why the step that ends has failed; None: it has not
        :raises: ClaimRefused, NoValidHost; then nothing was written
        """
        words = {'step': step, 'host': host, 'peer_host': peer_host}
        if error is not None:
            words['error'] = error
        fresh = self.offer_claimed(
            self._context, self.uuid, self.step, self.claim_id, words,
            instance_obj.Instance.pack(instance),
            migration_obj.Migration.pack(migration), _as_text(params),
            expires_in, reserve_on)
        if reserve_on is not None and self.migration is not None:
            migration = dict(migration or {}, dest_compute=reserve_on)
        elif reserve_on is not None:
            instance = dict(instance or {}, host=reserve_on)
        self._settle(fresh, instance, migration)

    @classmethod
    @base.remotable
    def offer_claimed(cls, context, uuid, step, claim_id, words, instance,
                      migration, params, expires_in, reserve_on):
        """Do what ``offer`` says; returns the Operation."""
        return cls.from_row(context, base.store().operations.offer(
            uuid, step, claim_id, words,
            instance=cls._instance_columns(instance),
            migration=migration_obj.Migration.unpack(migration),
            params=_from_text(params), expires_in=expires_in,
            reserve_on=reserve_on))

    def finish(self, state, error=None, instance=None, migration=None):
        """End the operation, its instance's task, migration and action.

        ``task_state`` becomes None unless given, or unless another
        operation is under way on the instance.  Repeating it is no error.

        :param state: one of ``fields.OperationState.FINAL``
        :param error: what the user is told
        :param instance: dict of the instance's fields to write; ``deleted``
                         removes it
        :param migration: dict of the migration's fields to write
        :raises: ClaimRefused, or InstanceMoved for a delete whose guest is
                 on another host by now; then nothing was written
        """
        fresh = self.finish_claimed(
            self._context, self.uuid, self.step, self.claim_id, state, error,
            instance_obj.Instance.pack(instance),
            migration_obj.Migration.pack(migration))
        self._settle(fresh, {'task_state': None, **(instance or {})},
                     migration)

    @classmethod
    @base.remotable
    def finish_claimed(cls, context, uuid, step, claim_id, state, error,
                       instance, migration):
        """Do what ``finish`` says; returns the Operation."""
        return cls.from_row(context, base.store().operations.finish(
            uuid, step, claim_id, state, error,
            instance=cls._instance_columns(instance),
            migration=migration_obj.Migration.unpack(migration)))

    @classmethod
    def cancel_offered(cls, context, uuid, state, error, instance=None,
                       migration=None, step=None, expired=False):
        """End an operation whose step nobody has claimed.

        :param step: only while this one is offered; None for any
        :param expired: only if it has expired, by the database's clock
        :returns: whether it was ended; otherwise nothing was written
        """
        return cls.cancel_unclaimed(
            context, uuid, state, error,
            instance_obj.Instance.pack(instance),
            migration_obj.Migration.pack(migration), step, expired)

    @classmethod
    @base.remotable
    def cancel_unclaimed(cls, context, uuid, state, error, instance,
                         migration, step, expired):
        """Do what ``cancel_offered`` says."""
        return base.store().operations.cancel_offered(
            uuid, state, error, instance=cls._instance_columns(instance),
            migration=migration_obj.Migration.unpack(migration), step=step,
            expired=expired)

    @classmethod
    def reroute(cls, context, uuid, step, host, to, reason, instance=None,
                params=None):
        """Offer another host a step that one has not claimed.

        A claim that the first one makes later is refused.

        :param step: what is offered
        :param host: to whom
        :param to: host that shall do it; it must have room for the
                   instance, which holds it afterwards
        :param reason: why the first one does not; an event tells it
        :param instance: dict of the instance's fields to write
        :param params: dict that is merged into ``params``
        :returns: the Operation, offered, without instance and migration
        :raises: ClaimRefused when the step is not offered to that host, or
                 not any more; OperationInProgress when something else is to
                 be done to the instance there; NoValidHost; then nothing
                 was written
        """
        return cls.reroute_offered(
            context, uuid, step, host, to, reason,
            instance_obj.Instance.pack(instance), _as_text(params))

    @classmethod
    @base.remotable
    def reroute_offered(cls, context, uuid, step, host, to, reason, instance,
                        params):
        """Do what ``reroute`` says."""
        return cls.from_row(context, base.store().operations.reroute(
            uuid, step, host, to, reason,
            instance=cls._instance_columns(instance),
            params=_from_text(params)))

    def mark_interrupted(self, error, instance=None, migration=None):
        """Note that the executor is gone, as far as one can tell.

        Only recovery goes on from here, or the executor itself, if it was
        merely not heard of (``take_back``).

        Works on a claimed step as well as on an offered one, as long as it
        is the same claim as when this object was read.

        :raises: ClaimRefused when somebody else was faster
        """
        fresh = self.interrupt_claimed(
            self._context, self.uuid, self.step, self.claim_id, error,
            instance_obj.Instance.pack(instance),
            migration_obj.Migration.pack(migration))
        self._settle(fresh, instance, migration)

    @classmethod
    @base.remotable
    def interrupt_claimed(cls, context, uuid, step, claim_id, error,
                          instance, migration):
        """Do what ``mark_interrupted`` says; returns the Operation."""
        return cls.from_row(context, base.store().operations.interrupt(
            uuid, step, claim_id, error,
            instance=cls._instance_columns(instance),
            migration=migration_obj.Migration.unpack(migration)))

    @staticmethod
    def _instance_columns(packed):
        return instance_obj.Instance.columns(
            instance_obj.Instance.unpack(packed))

    def _settle(self, fresh, instance, migration):
        """Bring this object up to date with what has been written."""
        self.absorb(fresh)
        for nested, updates in ((self.instance, instance),
                                (self.migration, migration)):
            if nested is None or not updates:
                continue
            for name, value in updates.items():
                setattr(nested, name, value)
            nested.obj_reset_changes(list(updates))


def _as_text(params):
    # In a dict, the messages' serializer would make objects of primitives.
    return None if params is None else json.dumps(params)


def _from_text(params):
    return None if params is None else json.loads(params)
