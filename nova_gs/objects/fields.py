"""Field types of the objects, and the words that some fields hold."""

import datetime

from oslo_versionedobjects import fields

BooleanField = fields.BooleanField
DictOfStringsField = fields.DictOfStringsField
FloatField = fields.FloatField
IntegerField = fields.IntegerField
ListOfObjectsField = fields.ListOfObjectsField
ListOfStringsField = fields.ListOfStringsField
ObjectField = fields.ObjectField
StringField = fields.StringField


class DateTime(fields.FieldType):
    """An aware datetime in UTC that keeps its microseconds on the wire."""

    def coerce(self, obj, attr, value):
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value)
        if not isinstance(value, datetime.datetime):
            raise ValueError('A datetime is required in field %s, not a %s'
                             % (attr, type(value).__name__))
        if value.tzinfo is None:
            return value.replace(tzinfo=datetime.timezone.utc)
        return value.astimezone(datetime.timezone.utc)

    def from_primitive(self, obj, attr, value):
        return self.coerce(obj, attr, value)

    def to_primitive(self, obj, attr, value):
        return value.isoformat()

    def get_schema(self):
        return {'type': ['string'], 'format': 'date-time'}


class DateTimeField(fields.AutoTypedField):
    AUTO_TYPE = DateTime()


class Json(fields.FieldType):
    """A dict of whatever JSON can say."""

    def coerce(self, obj, attr, value):
        if not isinstance(value, dict):
            raise ValueError('A dict is required in field %s, not a %s'
                             % (attr, type(value).__name__))
        return dict(value)

    def get_schema(self):
        return {'type': ['object']}


class JsonField(fields.AutoTypedField):
    AUTO_TYPE = Json()


class OperationState:
    """Where an operation is; FINAL ones never change again."""

    ACCEPTED = 'accepted'
    RUNNING = 'running'
    SUCCEEDED = 'succeeded'
    FAILED = 'failed'
    ABORTED = 'aborted'
    INTERRUPTED = 'interrupted'

    #: A step may be claimed.
    CLAIMABLE = (ACCEPTED, RUNNING)
    FINAL = (SUCCEEDED, FAILED, ABORTED)
    ALL = CLAIMABLE + (INTERRUPTED,) + FINAL


class OperationKind:
    """What is asked for."""

    BUILD = 'build'
    DELETE = 'delete'
    START = 'start'
    STOP = 'stop'
    REBOOT = 'reboot'
    LIVE_MIGRATION = 'live-migration'

    ALL = (BUILD, DELETE, START, STOP, REBOOT, LIVE_MIGRATION)


class ClaimRefusal:
    """Why a step is not, or no longer, the claimant's."""

    TAKEN = 'taken'
    MOVED = 'moved'
    EXPIRED = 'expired'
    FINAL = 'final'
    #: The claimant is no longer the process that serves the host.
    ENDED = 'ended'


class VMState:
    """What an instance is when nothing is done to it."""

    BUILDING = 'building'
    ACTIVE = 'active'
    STOPPED = 'stopped'
    ERROR = 'error'
    DELETED = 'deleted'

    ALL = (BUILDING, ACTIVE, STOPPED, ERROR, DELETED)


class TaskState:
    """What is being done to an instance."""

    SCHEDULING = 'scheduling'
    SPAWNING = 'spawning'
    DELETING = 'deleting'
    POWERING_OFF = 'powering-off'
    POWERING_ON = 'powering-on'
    REBOOTING = 'rebooting'
    REBOOTING_HARD = 'rebooting_hard'
    MIGRATING = 'migrating'

    ALL = (SCHEDULING, SPAWNING, DELETING, POWERING_OFF, POWERING_ON,
           REBOOTING, REBOOTING_HARD, MIGRATING)


class MigrationStatus:
    """Where a live migration is."""

    ACCEPTED = 'accepted'
    QUEUED = 'queued'
    PREPARING = 'preparing'
    RUNNING = 'running'
    POST_MIGRATING = 'post-migrating'
    COMPLETED = 'completed'
    ERROR = 'error'
    CANCELLED = 'cancelled'

    IN_PROGRESS = (ACCEPTED, QUEUED, PREPARING, RUNNING, POST_MIGRATING)
    #: The destination keeps room for the guest.
    HOLDS_ROOM = (QUEUED, PREPARING, RUNNING, POST_MIGRATING)
    ALL = IN_PROGRESS + (COMPLETED, ERROR, CANCELLED)


class MigrationType:
    """How an instance moves."""

    LIVE = 'live-migration'

    ALL = (LIVE,)


class Binary:
    """Which program a service record is of."""

    COMPUTE = 'nova-compute'
    CONDUCTOR = 'nova-conductor'


class ServicePhase:
    """What a service says of itself."""

    SERVING = 'serving'
    DRAINING = 'draining'
    QUIESCED = 'quiesced'
    STOPPED = 'stopped'

    ALL = (SERVING, DRAINING, QUIESCED, STOPPED)


class EventResult:
    """How one event of an instance action ended."""

    SUCCESS = 'Success'
    ERROR = 'Error'
