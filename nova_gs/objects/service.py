"""Services: which process answers for a host, and what it says of itself."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class Service(base.NovaObject):
    """One service on one host.

    ``owner`` is the process id (made anew at each start) that may speak for
    it.  ``seconds_since_seen`` is the age of the last heartbeat when this
    object was read, by the database's clock; it is not stored.
    ``quiesced_at`` is set while an operator wants the host to take nothing
    in, with the reason and the deadline; a stop and a start change nothing
    about that.
    """

    # 1.1: quiesced_at, quiesce_reason, quiesce_deadline; quiesce, resume
    # 1.2: register with an availability zone
    VERSION = '1.2'
    fields = {
        'id': fields.IntegerField(),
        'uuid': fields.StringField(),
        'host': fields.StringField(),
        'binary': fields.StringField(),
        'topic': fields.StringField(nullable=True),
        'version': fields.IntegerField(default=0),
        'availability_zone': fields.StringField(nullable=True),
        'disabled': fields.BooleanField(default=False),
        'disabled_reason': fields.StringField(nullable=True),
        'forced_down': fields.BooleanField(default=False),
        'last_seen_at': fields.DateTimeField(nullable=True),
        'seconds_since_seen': fields.FloatField(nullable=True),
        'owner': fields.StringField(nullable=True),
        'phase': fields.StringField(default='serving'),
        'phase_reason': fields.StringField(nullable=True),
        'phase_deadline': fields.DateTimeField(nullable=True),
        'quiesced_at': fields.DateTimeField(nullable=True),
        'quiesce_reason': fields.StringField(nullable=True),
        'quiesce_deadline': fields.DateTimeField(nullable=True),
        'report_count': fields.IntegerField(default=0),
        'created_at': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
    }

    def obj_make_compatible(self, primitive, target_version):
        super().obj_make_compatible(primitive, target_version)
        if target_version == '1.0':
            for name in ('quiesced_at', 'quiesce_reason',
                         'quiesce_deadline'):
                primitive.pop(name, None)

    @classmethod
    @base.remotable
    def register(cls, context, host, binary, topic, version, owner,
                 availability_zone=None):
        """Make or take over the record of a service that starts.

        A new owner serves, unless the host is to be quiesced: that lasts
        until somebody takes it back.

        :param version: the service version, an int
        :param owner: id of the starting process
        :param availability_zone: of the host; None: that of hosts which name
            none
        :returns: the Service
        """
        return cls.from_row(context, base.store().services.register(
            host, binary, topic, version, owner, availability_zone))

    def report(self):
        """Beat: say that the owner lives; the phase stays what it is.

        :returns: False when the record has another owner by now; this
                  object then keeps what it had
        :raises: ServiceNotFound
        """
        fresh = self.report_owned(self._context, self.uuid, self.owner)
        if fresh is not None:
            self.absorb(fresh)
        return fresh is not None

    @classmethod
    @base.remotable
    def report_owned(cls, context, uuid, owner):
        """Do what ``report`` says; returns the Service, or None."""
        row = base.store().services.report(uuid, owner)
        return row and cls.from_row(context, row)

    def announce(self, phase, reason=None, deadline=None):
        """Write the phase, if the record is still the owner's.

        :param phase: one of ``fields.ServicePhase``
        :param reason: a sentence for operators and users
        :param deadline: aware datetime at which the phase ends at the latest
        :returns: False when the record has another owner by now, or its
                  owner has stopped
        """
        words = self.pack({'phase': phase, 'phase_reason': reason,
                           'phase_deadline': deadline})
        fresh = self.announce_owned(
            self._context, self.uuid, self.owner, words)
        if fresh is not None:
            self.absorb(fresh)
        return fresh is not None

    @classmethod
    @base.remotable
    def announce_owned(cls, context, uuid, owner, words):
        """Do what ``announce`` says; returns the Service, or None."""
        row = base.store().services.announce(uuid, owner, cls.unpack(words))
        return row and cls.from_row(context, row)

    def quiesce(self, reason=None, deadline=None):
        """Write that the host takes nothing in until ``resume``.

        Its nova-compute learns of it by RPC, or by its next heartbeat.

        :param reason: a sentence for operators and users, or None
        :param deadline: seconds from now until which its work is to have
                         ended, or None
        :raises: Conflict when the host is stopping or has stopped;
                 ServiceNotFound
        """
        self.absorb(self.quiesce_by_uuid(
            self._context, self.uuid, reason, deadline))

    @classmethod
    @base.remotable
    def quiesce_by_uuid(cls, context, uuid, reason, deadline):
        """Do what ``quiesce`` says; returns the Service."""
        return cls.from_row(
            context, base.store().services.quiesce(uuid, reason, deadline))

    def resume(self):
        """Take a quiesce back; a host that serves stays as it is.

        :raises: Conflict when the host is stopping or has stopped and there
                 is nothing to take back; ServiceNotFound
        """
        self.absorb(self.resume_by_uuid(self._context, self.uuid))

    @classmethod
    @base.remotable
    def resume_by_uuid(cls, context, uuid):
        """Do what ``resume`` says; returns the Service."""
        return cls.from_row(context, base.store().services.resume(uuid))

    def set_status(self, disabled=None, disabled_reason=None,
                   forced_down=None):
        """Write what an administrator decides; None leaves a value.

        Enabling also clears the reason.

        :raises: ServiceNotFound
        """
        changes = {}
        if disabled is not None:
            changes.update(disabled=disabled, disabled_reason=disabled_reason)
        elif disabled_reason is not None:
            changes['disabled_reason'] = disabled_reason
        if forced_down is not None:
            changes['forced_down'] = forced_down
        self.absorb(self.update_by_uuid(self._context, self.uuid, changes))

    @classmethod
    @base.remotable
    def update_by_uuid(cls, context, uuid, changes):
        """Write fields of a service and return it."""
        return cls.from_row(
            context, base.store().services.update(uuid, changes))

    @classmethod
    @base.remotable
    def get_by_uuid(cls, context, uuid):
        """Return one service.

        :raises: ServiceNotFound
        """
        return cls.from_row(context, base.store().services.get_by_uuid(uuid))

    @classmethod
    @base.remotable
    def get_by_host_and_binary(cls, context, host, binary):
        """Return one service.

        :raises: ServiceNotFound
        """
        return cls.from_row(
            context,
            base.store().services.get_by_host_and_binary(host, binary))

    @base.remotable
    def destroy(self):
        """Remove the record of a host that is gone for good.

        :raises: ServiceNotFound
        """
        base.store().services.destroy(self.uuid)


@base.NovaObjectRegistry.register
class ServiceList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = Service
    fields = {'objects': fields.ListOfObjectsField('Service')}

    @classmethod
    @base.remotable
    def get_by_filters(cls, context, filters):
        """Return services by ``binary`` and ``host``, in order of id."""
        return cls.from_rows(
            context, base.store().services.get_by_filters(filters))

    @classmethod
    @base.remotable
    def get_minimum_version(cls, context, binary):
        """Return the lowest version among services of a kind; 0 if none."""
        return base.store().services.get_minimum_version(binary)
