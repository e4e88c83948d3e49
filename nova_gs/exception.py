"""Every error that nova_gs raises, as one tree.

::

    NovaGSException
     +- ConfigurationError           a start that cannot go on
     |   +- StatePathLocked
     +- Invalid                      the request is wrong as such: 400
     |   +- InvalidMicroversion      406 when well-formed but unsupported
     |   +- NoValidHost
     |   +- ConsoleTypeUnavailable
     |   +- MigrationPreCheckError
     +- Forbidden                    403
     +- NotFound                     404
     |   +- InstanceNotFound  MigrationNotFound  ServiceNotFound
     |   +- FlavorNotFound  ImageNotFound  NetworkNotFound  HypervisorNotFound
     |   +- ActionNotFound  OperationNotFound  GuestNotFound  PortNotFound
     |   +- ConsoleTokenNotFound
     +- Conflict                     409: right in itself, not now
     |   +- InvalidState  InstanceMoved  OperationInProgress  AlreadyExists
     |   +- InstanceLocked  ComputesTooOld
     |   +- HostDraining  HostUnavailable
     |   +- MigrationNotAbortable  ClaimRefused  GuestFenced
     |   +- ConsoleNotReady
     +- PeerUnavailable              the other service does not answer: 503
     |   +- Undeliverable  AskAgain
     |   +- DatabaseUnavailable      where the database is at hand
     |       +- DatabaseFull  DatabaseReadOnly  RecordInDoubt
     +- CalledOff                    a task that was not let end
     +- NetworkFailed                what gives ports said no
     |   +- PortNotPlugged           and this host's means did not do it
     +- PortNotPluggedInTime         nobody has said so
     +- HypervisorError              the hypervisor said no
         +- HypervisorUnavailable  MigrationAborted

``code`` is the HTTP status that the API answers with.  An exception crosses
RPC by its class name and keyword arguments, so a subclass only states its
``msg_fmt``.
"""


class NovaGSException(Exception):
    """Base of the tree; never raised itself."""

    msg_fmt = 'An unknown error occurred.'
    code = 500

    def __init__(self, message=None, **kwargs):
        self.kwargs = kwargs
        super().__init__(message or self.msg_fmt % kwargs)

    def __str__(self):
        return str(self.args[0])


def reason_of(error):
    """Return what a user may read of an error, without class or traceback.

    An exception that came over RPC has the remote traceback in its
    ``str()``; its first argument is the sentence alone.
    """
    if isinstance(error, NovaGSException):
        return str(error.args[0])
    return '%s: %s' % (type(error).__name__, error)


class ConfigurationError(NovaGSException):
    """An option, a socket or a port keeps the program from starting."""

    msg_fmt = '%(option)s: %(problem)s. %(remedy)s'


class StatePathLocked(ConfigurationError):
    """Another nova-compute holds this state path."""

    msg_fmt = ('Another nova-compute (pid %(pid)s) holds %(path)s. Stop it, '
               'or give this one a state_path of its own.')


class Invalid(NovaGSException):
    """The request cannot be understood or asks for the impossible."""

    msg_fmt = '%(reason)s'
    code = 400


class InvalidMicroversion(Invalid):
    """A microversion outside of what this API supports was asked for."""

    msg_fmt = ('Version %(version)s is not supported by the API. Minimum is '
               '%(minimum)s and maximum is %(maximum)s.')
    code = 406


class NoValidHost(Invalid):
    """No host passes the scheduler's filters."""

    msg_fmt = 'No valid host was found. %(reason)s'


class ConsoleTypeUnavailable(Invalid):
    """The guest has no console of the kind that was asked for."""

    msg_fmt = ('Server %(instance_id)s has no console of type '
               '%(console_type)s: %(why)s.')


class MigrationPreCheckError(Invalid):
    """One of the two hosts says that the guest cannot move; nothing begun."""

    msg_fmt = 'Migration pre-check error: %(reason)s'


class Forbidden(NovaGSException):
    """Policy does not let this user do that."""

    msg_fmt = "Policy doesn't allow %(action)s to be performed."
    code = 403


class NotFound(NovaGSException):
    """What was named does not exist, or not for this user."""

    msg_fmt = 'Not found.'
    code = 404


class InstanceNotFound(NotFound):
    """No instance has this UUID."""

    msg_fmt = 'Instance %(instance_id)s could not be found.'


class MigrationNotFound(NotFound):
    """The instance has no such migration, or it is not in progress."""

    msg_fmt = ('Migration %(migration_id)s for server %(instance_id)s could '
               'not be found or is not in progress.')


class ServiceNotFound(NotFound):
    """No service record matches."""

    msg_fmt = 'Service %(service_id)s could not be found.'


class FlavorNotFound(NotFound):
    """No flavor has this id."""

    msg_fmt = 'Flavor %(flavor_id)s could not be found.'


class ImageNotFound(NotFound):
    """No image in the built-in catalogue has this id."""

    msg_fmt = 'Image %(image_id)s could not be found.'


class NetworkNotFound(NotFound):
    """No network in the built-in catalogue has this id."""

    msg_fmt = 'Network %(network_id)s could not be found.'


class HypervisorNotFound(NotFound):
    """No compute node has this id or host name."""

    msg_fmt = 'Hypervisor %(hypervisor_id)s could not be found.'


class ActionNotFound(NotFound):
    """The instance has no action with this request id."""

    msg_fmt = ('Action for request %(request_id)s on instance '
               '%(instance_id)s not found.')


class OperationNotFound(NotFound):
    """No operation has this UUID."""

    msg_fmt = 'Operation %(operation_id)s could not be found.'


class GuestNotFound(NotFound):
    """The hypervisor has no guest with this instance's UUID."""

    msg_fmt = 'The hypervisor has no guest %(instance_id)s.'


class PortNotFound(NotFound):
    """No port with this ID, or none of this server."""

    msg_fmt = 'Port id %(port_id)s could not be found.'


class ConsoleTokenNotFound(NotFound):
    """A console's URL is not, or no more, of use."""

    msg_fmt = ('This link to a console has expired, or never was one. Ask '
               'for a new one: openstack console url show --novnc|--serial '
               'SERVER')


class Conflict(NovaGSException):
    """The request is right in itself, but not in the present state."""

    msg_fmt = '%(reason)s'
    code = 409


class InvalidState(Conflict):
    """The instance's vm_state or task_state does not allow this."""

    msg_fmt = ("Cannot '%(method)s' instance %(instance_id)s while it is in "
               '%(attr)s %(state)s')


class InstanceMoved(Conflict):
    """The instance has come to another host since it was looked at."""

    msg_fmt = ("Cannot '%(method)s' instance %(instance_id)s: it has moved "
               'from %(before)s to %(host)s meanwhile. Ask again.')


class OperationInProgress(Conflict):
    """Another operation holds the instance."""

    msg_fmt = ("Cannot '%(method)s' instance %(instance_id)s: operation "
               '%(kind)s (%(operation_id)s) is in progress.')


class InstanceLocked(Conflict):
    """Somebody has locked the instance; only administrators pass."""

    msg_fmt = ('Instance %(instance_id)s is locked%(why)s. Have it unlocked '
               'before you change it.')


class ComputesTooOld(Conflict):
    """Not every compute, or the pin, knows of what is asked for."""

    msg_fmt = ('%(method)s needs RPC version %(since)s of every nova-compute, '
               'and they, or [upgrade_levels] compute, are at %(version)s. '
               'Upgrade them first.')


class AlreadyExists(Conflict):
    """What should be made is there already."""

    msg_fmt = '%(what)s already exists.'


class HostDraining(Conflict):
    """The host takes no new work: it is being stopped or quiesced."""

    msg_fmt = ('Host %(host)s is draining (%(reason)s; until %(deadline)s) '
               'and takes no new work. Try again later or name another host.')


class HostUnavailable(Conflict):
    """The host's nova-compute has not reported for too long, or is off."""

    msg_fmt = 'Host %(host)s is not available: its nova-compute is %(state)s.'


class MigrationNotAbortable(Conflict):
    """The migration is past the point at which it can be called off."""

    msg_fmt = ('Migration %(migration_id)s of server %(instance_id)s cannot '
               'be aborted: it is %(status)s.')


class ClaimRefused(Conflict):
    """A step of an operation is not, or no longer, the caller's.

    ``why`` is one of ``taken``, ``moved``, ``expired``, ``final``,
    ``ended``.
    """

    msg_fmt = ('Step %(step)s of operation %(operation_id)s cannot be '
               'claimed: %(why)s.')


class GuestFenced(Conflict):
    """A guest is not started here while it may run on another host."""

    msg_fmt = ('Instance %(instance_id)s is not started on host %(host)s: '
               '%(why)s')


class ConsoleNotReady(Conflict):
    """The guest has no console at present, since it is off."""

    msg_fmt = ('Server %(instance_id)s has no console now: %(why)s. Try '
               'again when it is ACTIVE.')


class PeerUnavailable(NovaGSException):
    """A service that was called did not answer in time or is not there."""

    msg_fmt = '%(service)s on %(host)s did not answer %(method)s: %(reason)s'
    code = 503


class Undeliverable(PeerUnavailable):
    """The broker has no queue for a message to that service."""


class AskAgain(PeerUnavailable):
    """A call has waited for so long that its caller may have left.

    ``proof`` is sent along by a caller that asks again, as all do that still
    wait; see ``rpc.freshness``.
    """

    msg_fmt = ('%(service)s on %(host)s cannot tell whether anybody still '
               'waits for %(method)s. Nothing was begun; ask again.')


class DatabaseUnavailable(PeerUnavailable):
    """The database does not answer, or cannot do its work at present.

    Only processes that have the database raise it; a conductor tells its
    callers so by a plain ``PeerUnavailable``, which any release knows.
    ``effect`` is one of the sentences below it.
    """

    msg_fmt = ('%(effect)s: the database %(condition)s. Ask again later; if '
               'this lasts, tell the operator.')

    #: What it means for who wanted to write, and to read.
    NOT_WRITTEN = 'Nothing was recorded, so nothing was begun'
    NOT_READ = 'What this needs to know cannot be read'


class DatabaseFull(DatabaseUnavailable):
    """The database has no room for what should be written."""


class DatabaseReadOnly(DatabaseUnavailable):
    """The database takes no changes, as an operator has set it so."""


class RecordInDoubt(DatabaseUnavailable):
    """The database was lost in the very moment that something was committed.

    It is on record or not, and who asked must not be told either.
    """

    msg_fmt = ('It is not known whether the request was recorded: the '
               'database %(condition)s. If it was, it will be carried out. '
               'See what became of it before you ask again.')


class CalledOff(NovaGSException):
    """A task was told not to go on; whoever runs it hands it on."""

    msg_fmt = '%(task)s was called off, as %(reason)s.'


class NetworkFailed(NovaGSException):
    """Whoever gives ports refused or failed; another host may be luckier."""

    msg_fmt = '%(reason)s'
    code = 503


class PortNotPlugged(NetworkFailed):
    """A port that a guest waits for was said to have failed on its host."""

    msg_fmt = ('%(event)s of port %(port_id)s was said to have failed on host '
               '%(host)s. The log of the network service says why.')


class PortNotPluggedInTime(NovaGSException):
    """Nobody has told that a port was plugged."""

    msg_fmt = ('Nobody has told within %(timeout)s s (vif_plugging_timeout) '
               'of %(events)s on host %(host)s. See whether the network '
               "service's agent works there, then ask again.")


class HypervisorError(NovaGSException):
    """The hypervisor refused or failed; the reason is its own."""

    msg_fmt = '%(reason)s'


class HypervisorUnavailable(HypervisorError):
    """The connection to the hypervisor cannot be made or was lost."""

    msg_fmt = 'The hypervisor at %(uri)s is not available: %(reason)s'


class MigrationAborted(HypervisorError):
    """A live migration was called off; the guest is at the source."""

    msg_fmt = 'Live migration of %(instance_id)s was aborted: %(reason)s'
