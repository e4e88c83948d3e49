"""Every RPC that there is, a row each.

Client, server, gate, sweeper and the guide read this table; nobody writes a
topic, a version or a timeout elsewhere.  How to choose for a new row:

* It asks for something that has not begun, or can be asked again: NEW_WORK.
* Two hosts, or a host and a user, have agreed already and one of them would
  be left astray without it: ONGOING.

``Why`` has the reasons that there are.

A step's row has the operation's UUID as its one argument; everything else is
in the operation's record, so any step can be sent again from the record.
"""

import dataclasses
import enum

from nova_gs.shutdown import policy

_ALWAYS = policy.WhileDraining.ALWAYS
_STEPS = policy.WhileDraining.OPEN_OPERATION
_NEVER = policy.WhileDraining.NEVER
_FINISH = policy.OnShutdown.FINISH
_ABORT = policy.OnShutdown.ABORT
_DROP = policy.OnShutdown.DROP


class Topic(enum.Enum):
    """Which RPC server a message is for."""

    #: Closed first: it asks for work that has not begun.
    NEW_WORK = 'compute'
    #: Closed last: it carries begun work to its end.
    ONGOING = 'compute-alt'
    #: The only service that touches the database.
    CONDUCTOR = 'conductor'

    def queue(self, host):
        """Return the name that oslo.messaging gives a host's queue."""
        return '%s.%s' % (self.value, host)


class Kind(enum.Enum):
    """Whether the sender waits."""

    CALL = 'call'
    CAST = 'cast'


class Patience(enum.Enum):
    """How long the sender waits."""

    #: A cast: nobody waits.
    NONE = 'none'
    #: ``rpc_response_timeout``.
    SHORT = 'short'
    #: ``long_rpc_timeout``, with a sign of life each
    #: ``rpc_response_timeout``.
    LONG = 'long'


class Role(enum.Enum):
    """What the message is to an operation."""

    #: The first step on a compute; until it is claimed nothing has begun.
    BEGINS = 'begins'
    #: A later step, or a call made on behalf of one.
    STEP = 'step'
    #: No record; may be asked again.
    READ = 'read'


class Why(enum.Enum):
    """Why a message goes to the server of its topic."""

    BEGINS = ('It begins something. A draining host must not, and nothing is '
              'lost: its step stays on record.')
    CHECK = ('It asks for the beginning of something, which a draining host '
             'has to refuse.')
    AGREED = ('Both hosts have agreed already. Without it one of them would '
              'be left astray.')
    AGAIN = 'Nothing is changed by it, and it can be asked again.'
    GETS_THROUGH = ('It can be asked again. It is needed most while a host '
                    'drains, so both servers answer it.')
    WAITED_FOR = ('Another service tells it, and must not be refused; what '
                  'a draining host still does may wait for it.')
    HANDED_OUT = ('A user was given the URL before the host began to drain, '
                  'and counts on it.')
    RECORDS = ('Only a conductor touches the database, and it has one '
               'server.')


@dataclasses.dataclass(frozen=True)
class Row:
    """One RPC method.

    ``lets_go`` says whether a quiesced host still takes it: it leaves the
    host emptier or stiller, or as it was.  ``arguments`` are names;
    ``name@6.5`` came with that version and is left out for older peers.
    """

    name: str
    topic: Topic
    kind: Kind
    patience: Patience
    role: Role
    while_draining: policy.WhileDraining
    lets_go: bool
    on_shutdown: policy.OnShutdown
    since: str
    arguments: str
    sentence: str
    why: Why

    def arguments_at(self, version):
        """Return the names of the arguments that a version knows."""
        names = []
        for word in self.arguments.split():
            name, _, since = word.partition('@')
            if not since or as_tuple(since) <= as_tuple(version):
                names.append(name)
        return tuple(names)

    def is_known_at(self, version):
        """Whether those that speak a version know of it."""
        return as_tuple(self.since) <= as_tuple(version)

    def served_on(self, topic):
        """Whether the server of a topic answers this row.

        What must get through to a draining host is answered by both.  So are
        the steps of begun work: peers that know of one server only, or are
        pinned to such a time, send them there.
        """
        if topic is self.topic:
            return True
        if topic is Topic.NEW_WORK:
            return self.topic is Topic.ONGOING
        return (topic is Topic.ONGOING and self.topic is Topic.NEW_WORK and
                self.while_draining is _ALWAYS)


def as_tuple(version):
    """Return ``(6, 5)`` for ``'6.5'``."""
    major, minor = version.split('.')
    return int(major), int(minor)


#: What each version of the compute RPC brought, oldest first.
COMPUTE_HISTORY = (
    ('6.0', 'Operations: a step is its name and the UUID of its record.'),
    ('6.4', 'Live migrations can be forced to complete.'),
    ('6.5', 'The second server, compute-alt, with the steps of begun work.'),
    ('6.6', 'Guests can be paused and suspended.'),
    ('6.7', 'Ports, and what other services tell of them.'),
    ('6.8', 'Guests have screens that browsers are let in to.'),
    ('6.9', 'Guests can be moved switched off, and get another size.'),
    ('6.10', 'What a guest wrote before its disks were copied comes along.'),
)

COMPUTE_VERSION = COMPUTE_HISTORY[-1][0]

#: The first version whose computes run the second server.
ALT_SERVER_SINCE = '6.5'

#: What each version of the conductor RPC brought, oldest first.
CONDUCTOR_HISTORY = (
    ('1.0', 'Records and tasks.'),
    ('1.1', 'Records are put into the words of an older release.'),
    ('1.2', 'A host is chosen for a guest that is moved switched off.'),
)

CONDUCTOR_VERSION = CONDUCTOR_HISTORY[-1][0]

_NEW, _ON, _CON = Topic.NEW_WORK, Topic.ONGOING, Topic.CONDUCTOR
_CALL, _CAST = Kind.CALL, Kind.CAST
_NONE, _SHORT, _LONG = Patience.NONE, Patience.SHORT, Patience.LONG
_BEGINS, _STEP, _READ = Role.BEGINS, Role.STEP, Role.READ
_GOES, _STAYS = True, False

_ROWS = (
    # -- a guest's life on one host
    Row('build_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _STAYS, _FINISH,
        '6.0', 'operation_uuid', 'Make a guest and start it.', Why.BEGINS),
    Row('delete_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _GOES, _FINISH,
        '6.0', 'operation_uuid', 'Remove a guest and its disk.', Why.BEGINS),
    Row('start_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _STAYS, _FINISH,
        '6.0', 'operation_uuid', 'Switch a guest on.', Why.BEGINS),
    Row('stop_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _GOES, _FINISH,
        '6.0', 'operation_uuid', 'Switch a guest off.', Why.BEGINS),
    Row('reboot_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _STAYS,
        _FINISH, '6.0', 'operation_uuid', 'Restart a guest.', Why.BEGINS),
    Row('pause_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _GOES, _FINISH,
        '6.6', 'operation_uuid', 'Make a guest stand still.', Why.BEGINS),
    Row('unpause_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _STAYS,
        _FINISH, '6.6', 'operation_uuid', 'Let a paused guest go on.',
        Why.BEGINS),
    Row('suspend_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _GOES,
        _FINISH, '6.6', 'operation_uuid',
        'Write a guest\'s memory to disk and switch it off.', Why.BEGINS),
    Row('resume_instance', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _STAYS,
        _FINISH, '6.6', 'operation_uuid',
        'Switch a suspended guest on where it was.', Why.BEGINS),
    # -- live migration, in the order the messages travel
    Row('check_can_live_migrate_source', _NEW, _CALL, _SHORT, _READ, _NEVER,
        _GOES, _DROP, '6.0', 'instance',
        'Ask the source whether it could let the guest go.', Why.CHECK),
    Row('check_can_live_migrate_destination', _NEW, _CALL, _SHORT, _READ,
        _NEVER, _STAYS, _DROP, '6.0', 'instance migrate_data',
        'Ask the destination whether it could take the guest.', Why.CHECK),
    Row('live_migration', _ON, _CAST, _NONE, _STEP, _STEPS, _GOES, _ABORT,
        '6.0', 'operation_uuid', 'Tell the source to move the guest.',
        Why.AGREED),
    Row('pre_live_migration', _ON, _CALL, _LONG, _STEP, _STEPS, _GOES, _FINISH,
        '6.0', 'operation_uuid instance migrate_data',
        'Ask the destination to make room and plug in what it can; the '
        'source waits for the network before it begins.', Why.AGREED),
    Row('post_live_migration_at_destination', _ON, _CAST, _NONE, _STEP, _STEPS,
        _GOES, _FINISH, '6.0', 'operation_uuid',
        'Tell the destination that the guest is its own now.', Why.AGREED),
    Row('hand_over_console_log', _ON, _CALL, _SHORT, _STEP, _STEPS, _GOES,
        _FINISH, '6.10', 'operation_uuid instance',
        'Ask the source for what the guest wrote there, if its disks were '
        'copied.', Why.AGREED),
    Row('rollback_live_migration_at_destination', _ON, _CAST, _NONE, _STEP,
        _STEPS, _GOES, _FINISH, '6.0', 'operation_uuid',
        'Tell the destination that the guest does not come.', Why.AGREED),
    Row('post_live_migration_at_source', _ON, _CAST, _NONE, _STEP, _STEPS,
        _GOES, _FINISH, '6.0', 'operation_uuid',
        'Tell the source to clean up after the guest that left.', Why.AGREED),
    Row('live_migration_abort', _NEW, _CALL, _SHORT, _READ, _ALWAYS, _GOES,
        _DROP, '6.0', 'migration_uuid reason@6.5',
        'Call a live migration off.', Why.GETS_THROUGH),
    Row('live_migration_force_complete', _NEW, _CALL, _SHORT, _READ, _ALWAYS,
        _GOES, _DROP, '6.4', 'migration_uuid',
        'Make a live migration end soon.', Why.GETS_THROUGH),
    # -- other services
    Row('external_instance_event', _ON, _CAST, _NONE, _READ, _ALWAYS, _GOES,
        _DROP, '6.7', 'events',
        'Say that another service has told something of a guest; what it is '
        'stands on record.', Why.WAITED_FOR),
    # -- cold migration and resize, in the order the messages travel
    Row('prep_resize', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _STAYS, _FINISH,
        '6.9', 'operation_uuid',
        'Ask the destination to take a guest that is switched off for it.',
        Why.BEGINS),
    Row('resize_instance', _ON, _CAST, _NONE, _STEP, _STEPS, _GOES, _FINISH,
        '6.9', 'operation_uuid',
        'Tell the source to switch the guest off and let it go.', Why.AGREED),
    Row('check_instance_shared_storage', _ON, _CALL, _SHORT, _STEP, _STEPS,
        _GOES, _FINISH, '6.9', 'operation_uuid instance migrate_data',
        'Ask the destination whether it sees the guest\'s disk.', Why.AGREED),
    Row('finish_resize', _ON, _CAST, _NONE, _STEP, _STEPS, _GOES, _FINISH,
        '6.9', 'operation_uuid',
        'Tell the destination to start the guest in its new size.',
        Why.AGREED),
    Row('confirm_resize', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _GOES, _FINISH,
        '6.9', 'operation_uuid',
        'Tell the source to keep nothing to go back to.', Why.BEGINS),
    Row('revert_resize', _NEW, _CAST, _NONE, _BEGINS, _NEVER, _GOES, _FINISH,
        '6.9', 'operation_uuid',
        'Ask the destination to switch the guest off and give it back.',
        Why.BEGINS),
    Row('finish_revert_resize', _ON, _CAST, _NONE, _STEP, _STEPS, _GOES,
        _FINISH, '6.9', 'operation_uuid',
        'Tell the source to start the guest as it was.', Why.AGREED),
    # -- an operator and the host
    Row('quiesce_host', _NEW, _CALL, _SHORT, _READ, _ALWAYS, _GOES, _DROP,
        '6.5', 'deadline reason',
        'Tell a host to take nothing in and let its work end.',
        Why.GETS_THROUGH),
    Row('resume_host', _NEW, _CALL, _SHORT, _READ, _ALWAYS, _GOES, _DROP,
        '6.5', '', 'Tell a quiesced host to take work again.',
        Why.GETS_THROUGH),
    Row('describe_drain', _NEW, _CALL, _SHORT, _READ, _ALWAYS, _GOES, _DROP,
        '6.5', '', 'Ask a host what it still does, and what it refused.',
        Why.GETS_THROUGH),
    # -- reads
    Row('get_console_output', _NEW, _CALL, _SHORT, _READ, _NEVER, _GOES, _DROP,
        '6.0', 'instance tail_length', 'Read a guest\'s console log.',
        Why.AGAIN),
    Row('get_vnc_console', _NEW, _CALL, _SHORT, _READ, _NEVER, _GOES, _DROP,
        '6.8', 'instance console_type',
        'Ask whether a guest has a console, before its URL is handed out.',
        Why.AGAIN),
    Row('validate_console_port', _ON, _CALL, _SHORT, _READ, _ALWAYS, _GOES,
        _DROP, '6.8', 'instance console_type',
        'Ask where the console is whose URL a user has already.',
        Why.HANDED_OUT),
    # -- conductor
    Row('build_server', _CON, _CAST, _NONE, _BEGINS, _NEVER, _STAYS, _FINISH,
        '1.0', 'operation_uuid', 'Choose a host for a new guest.',
        Why.RECORDS),
    Row('live_migrate_server', _CON, _CAST, _NONE, _BEGINS, _NEVER, _STAYS,
        _FINISH, '1.0', 'operation_uuid',
        'Check both hosts and set a live migration going.', Why.RECORDS),
    Row('migrate_server', _CON, _CAST, _NONE, _BEGINS, _NEVER, _STAYS,
        _FINISH, '1.2', 'operation_uuid',
        'Choose a host for a guest that is moved switched off or resized.',
        Why.RECORDS),
    Row('object_action', _CON, _CALL, _SHORT, _READ, _ALWAYS, _GOES, _DROP,
        '1.0', 'objinst objmethod args kwargs',
        'Run a method of a record, for services without the database.',
        Why.RECORDS),
    Row('object_class_action_versions', _CON, _CALL, _SHORT, _READ, _ALWAYS,
        _GOES, _DROP, '1.0', 'objname objmethod object_versions args kwargs',
        'Run a class method of a record, likewise.', Why.RECORDS),
    Row('object_backport_versions', _CON, _CALL, _SHORT, _READ, _ALWAYS,
        _GOES, _DROP, '1.1', 'objinst object_versions',
        'Put a record from a newer release into the words of the asker.',
        Why.RECORDS),
)

ROWS = {row.name: row for row in _ROWS}

_MOVE = ('migrate_server', 'prep_resize', 'resize_instance',
         'check_instance_shared_storage', 'finish_resize')

#: The messages of each kind of operation (``objects.fields.OperationKind``),
#: in the order in which they travel; each is a phase of it.
OPERATIONS = {
    'build': ('build_server', 'build_instance'),
    'delete': ('delete_instance',),
    'start': ('start_instance',),
    'stop': ('stop_instance',),
    'reboot': ('reboot_instance',),
    'pause': ('pause_instance',),
    'unpause': ('unpause_instance',),
    'suspend': ('suspend_instance',),
    'resume': ('resume_instance',),
    'live-migration': (
        'live_migrate_server', 'check_can_live_migrate_source',
        'check_can_live_migrate_destination', 'live_migration',
        'pre_live_migration', 'post_live_migration_at_destination',
        'hand_over_console_log', 'rollback_live_migration_at_destination',
        'post_live_migration_at_source'),
    'migrate': _MOVE,
    'resize': _MOVE,
    'confirm-resize': ('confirm_resize',),
    'revert-resize': ('revert_resize', 'finish_revert_resize'),
}

_VERSIONS = {
    Topic.NEW_WORK: COMPUTE_VERSION,
    Topic.ONGOING: COMPUTE_VERSION,
    Topic.CONDUCTOR: CONDUCTOR_VERSION,
}


def version_of(topic):
    """Return the version that the server of a topic announces."""
    return _VERSIONS[topic]


def rows_served_on(topic):
    """Return the rows that the server of a topic answers."""
    return [row for row in _ROWS if row.served_on(topic)]


def is_conductor_step(step):
    """Whether a step is executed by a conductor, not by a host."""
    return ROWS[step].topic is Topic.CONDUCTOR


def holds_host(step, claimed):
    """Whether an open operation keeps a draining host from being idle.

    A step that begins something and that nobody has claimed can wait for
    the next start; whatever has begun must be seen through.

    :param step: name of the operation's present step
    :param claimed: whether an executor holds it
    """
    return claimed or ROWS[step].while_draining is _STEPS


def may_begin(step, quiesced):
    """Whether a host that takes nothing new would take an offered step.

    :param step: name of the step
    :param quiesced: whether it is quiesced; otherwise it is being stopped
    """
    row = ROWS[step]
    return row.lets_go if quiesced else row.while_draining is _STEPS
