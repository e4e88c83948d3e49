"""What guests do by themselves, taken down in their records.

A guest switches itself off, or somebody uses the hypervisor's own means.  The
record follows the hypervisor, never the other way round.  It is read first,
then the hypervisor, and it is written only if nothing was asked of the
instance since: whoever works at it knows better.
"""

from oslo_log import log as logging

from nova_gs.compute import host_boot
from nova_gs.compute import power
from nova_gs import exception
from nova_gs import objects
from nova_gs.shutdown import errand
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

#: What is said of a guest that is found so.
_WORDS = {
    driver.PowerState.RUNNING: 'running',
    driver.PowerState.PAUSED: 'paused',
    driver.PowerState.SHUTDOWN: 'switched off',
    driver.PowerState.CRASHED: 'crashed',
    driver.PowerState.SUSPENDED: 'suspended',
}

TOLD = 'The guest was found %s; nobody had asked for that here.'


def decide(instance, guest):
    """Return what a record has to say from now on.

    :param instance: objects.Instance at which nobody works
    :param guest: driver.Guest, or None when the hypervisor has none
    :returns: dict with ``power_state`` and ``vm_state``; empty when it says
        so already.  A guest that is missing, or was never built, is not
        taken for anything else than it was
    """
    state = driver.PowerState.NOSTATE if guest is None else guest.power_state
    return {name: value
            for name, value in power.state_seen(instance, state).items()
            if value != getattr(instance, name)}


class PowerSync:
    """Looks at every guest of a host now and then.

    :param host: compute.host.Host
    :param ctxt: admin RequestContext
    :param conf: ConfigOpts
    :param spawn: callable(name, function) that starts a thread
    """

    def __init__(self, host, ctxt, conf, spawn=None):
        self._host = host
        self._ctxt = ctxt
        self._conf = conf
        self._errand = errand.Errand('power', self._try, spawn)
        self._due_at = host.clock.now()

    def begin(self):
        """Look at a start, and have guests started after the host's own.

        :raises: PeerUnavailable; what the hypervisor does not say yet is
            looked at with a later beat
        """
        boot = host_boot.HostBoot(self._conf.state_path)
        try:
            if boot.is_new and self._conf.resume_guests_state_on_host_boot:
                host_boot.bring_back(self._host, self._ctxt)
            boot.note()
            self._put_off()
            self.look()
        except exception.HypervisorError as error:
            LOG.warning('What guests do by themselves is looked at later: '
                        '%s', exception.reason_of(error))

    def _put_off(self):
        self._due_at = (self._host.clock.now()
                        + self._conf.sync_power_state_interval)

    def beat(self):
        """Look if it is time; for the heartbeat, which waits for nobody."""
        if (self._conf.sync_power_state_interval
                and self._host.clock.now() >= self._due_at):
            self._put_off()
            self._errand.ask()

    def _try(self):
        try:
            self.look()
        except exception.NovaGSException as error:
            LOG.info('What guests do by themselves is looked at later: %s',
                     exception.reason_of(error))

    def look(self):
        """Take down what has changed.

        :returns: how many records were changed
        :raises: HypervisorError, PeerUnavailable
        """
        resting = [instance for instance in objects.InstanceList.get_by_host(
            self._ctxt, self._host.name) if instance.task_state is None]
        guests = {guest.uuid: guest
                  for guest in self._host.driver.list_guests()}
        return sum(self._note(instance, guests.get(instance.uuid))
                   for instance in resting)

    def _note(self, instance, guest):
        changes = decide(instance, guest)
        if not changes:
            return False
        told = None
        if 'vm_state' in changes:
            told = TOLD % _WORDS[guest.power_state]
        if not instance.note_power(changes, told):
            return False
        LOG.info('Instance %s: %s', instance.uuid,
                 told or 'its power state is %s now.' % (
                     driver.PowerState(instance.power_state).name))
        return True
