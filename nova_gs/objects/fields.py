"""Field types of the objects, and the words that some fields hold."""

import datetime

from oslo_versionedobjects import fields

BooleanField = fields.BooleanField
DictOfStringsField = fields.DictOfStringsField
FloatField = fields.FloatField
IntegerField = fields.IntegerField
ListOfDictsField = fields.ListOfDictOfNullableStringsField
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
    PAUSE = 'pause'
    UNPAUSE = 'unpause'
    SUSPEND = 'suspend'
    RESUME = 'resume'
    LIVE_MIGRATION = 'live-migration'
    MIGRATE = 'migrate'
    RESIZE = 'resize'
    CONFIRM_RESIZE = 'confirm-resize'
    REVERT_RESIZE = 'revert-resize'

    ALL = (BUILD, DELETE, START, STOP, REBOOT, PAUSE, UNPAUSE, SUSPEND,
           RESUME, LIVE_MIGRATION, MIGRATE, RESIZE, CONFIRM_RESIZE,
           REVERT_RESIZE)


#: The availability zone of hosts that name none.
DEFAULT_ZONE = 'nova'

#: In the params of what looks for a host: {host: why it could not}.
FAILED_ON = 'failed_on'


#: Likewise: {'events': [[name, tag]] that its guest waits for, 'after': id of
#: the last event before}.
WAITS_FOR = 'waits_for'


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
    #: It stands still, with its memory where it was.
    PAUSED = 'paused'
    #: It is off, with its memory on its host's disk.
    SUSPENDED = 'suspended'
    #: It has moved, or has another size, and can still be taken back.
    RESIZED = 'resized'
    ERROR = 'error'
    DELETED = 'deleted'

    ALL = (BUILDING, ACTIVE, STOPPED, PAUSED, SUSPENDED, RESIZED, ERROR,
           DELETED)


class TaskState:
    """What is being done to an instance."""

    SCHEDULING = 'scheduling'
    SPAWNING = 'spawning'
    DELETING = 'deleting'
    POWERING_OFF = 'powering-off'
    POWERING_ON = 'powering-on'
    REBOOTING = 'rebooting'
    REBOOTING_HARD = 'rebooting_hard'
    PAUSING = 'pausing'
    UNPAUSING = 'unpausing'
    SUSPENDING = 'suspending'
    RESUMING = 'resuming'
    MIGRATING = 'migrating'
    RESIZE_PREP = 'resize_prep'
    RESIZE_MIGRATING = 'resize_migrating'
    RESIZE_MIGRATED = 'resize_migrated'
    RESIZE_FINISH = 'resize_finish'
    RESIZE_CONFIRMING = 'resize_confirming'
    RESIZE_REVERTING = 'resize_reverting'

    #: While a guest is made ready, moved and started again.
    RESIZE = (RESIZE_PREP, RESIZE_MIGRATING, RESIZE_MIGRATED, RESIZE_FINISH)
    ALL = (SCHEDULING, SPAWNING, DELETING, POWERING_OFF, POWERING_ON,
           REBOOTING, REBOOTING_HARD, PAUSING, UNPAUSING, SUSPENDING,
           RESUMING, MIGRATING, *RESIZE, RESIZE_CONFIRMING,
           RESIZE_REVERTING)


class LockedBy:
    """Who keeps users from changing an instance."""

    OWNER = 'owner'
    ADMIN = 'admin'

    ALL = (OWNER, ADMIN)


class MigrationStatus:
    """Where a migration is, live or cold."""

    ACCEPTED = 'accepted'
    QUEUED = 'queued'
    PREPARING = 'preparing'
    RUNNING = 'running'
    POST_MIGRATING = 'post-migrating'
    COMPLETED = 'completed'
    ERROR = 'error'
    CANCELLED = 'cancelled'

    # -- of cold ones only
    PRE_MIGRATING = 'pre-migrating'
    MIGRATING = 'migrating'
    FINISHED = 'finished'
    CONFIRMING = 'confirming'
    CONFIRMED = 'confirmed'
    REVERTING = 'reverting'
    #: The guest is its source's again, which has yet to start it.
    POST_REVERTING = 'post-reverting'
    REVERTED = 'reverted'

    IN_PROGRESS = (ACCEPTED, QUEUED, PREPARING, RUNNING, POST_MIGRATING,
                   PRE_MIGRATING, MIGRATING)
    #: The destination keeps room for a guest that comes live.
    HOLDS_ROOM = (QUEUED, PREPARING, RUNNING, POST_MIGRATING)
    #: The same for one that comes cold, in its new size.
    HOLDS_ROOM_AHEAD = (PRE_MIGRATING, MIGRATING)
    #: The source keeps room for one that may come back, in its old size.
    HOLDS_ROOM_BEHIND = (POST_MIGRATING, FINISHED, CONFIRMING, REVERTING)
    ALL = IN_PROGRESS + (COMPLETED, ERROR, CANCELLED, FINISHED, CONFIRMING,
                         CONFIRMED, REVERTING, POST_REVERTING, REVERTED)


def status_after_failure(step):
    """Return the status of a migration whose step was not, or badly, done.

    What could be confirmed or reverted before still can.
    """
    if step in ('confirm_resize', 'revert_resize'):
        return MigrationStatus.FINISHED
    return MigrationStatus.ERROR


class MigrationType:
    """How an instance moves."""

    LIVE = 'live-migration'
    #: The guest is switched off, moved and started again ...
    COLD = 'migration'
    #: ... in another size, perhaps on the same host.
    RESIZE = 'resize'

    SWITCHED_OFF = (COLD, RESIZE)
    ALL = (LIVE,) + SWITCHED_OFF


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


class ConsoleType:
    """By what a user sees a console; the words are the API's."""

    NOVNC = 'novnc'
    SERIAL = 'serial'

    ALL = (NOVNC, SERIAL)


class EventResult:
    """How one event of an instance action ended."""

    SUCCESS = 'Success'
    ERROR = 'Error'
