"""What somebody wants of a migration under way: its end, one way or another.

libvirt is told until it has taken the wish: in the first moments there is no
job to abort, and no memory on its way.
"""

import enum

import libvirt
from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt.libvirt import arrival
from nova_gs.virt.libvirt import cancelling
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import native

LOG = logging.getLogger(__name__)

# Seconds until libvirt is told a wish again that it could not take yet.
ASK_EVERY = 0.2


class Wish(enum.Enum):
    """What somebody wants of the migration."""

    ABORT = 'abort'
    FORCE = 'force'


class Wishes:
    """The wishes for one migration.

    :param tools: migration.Tools
    :param uuid: of the guest
    :param lock: held while libvirt is told; whoever judges the end holds it,
        too, so that a wish never reaches a guest whose migration is over
    :param ended: Event that is set when the migration has ended
    :ivar has_paused: whether the guest may have been stopped for its
        migration alone
    """

    def __init__(self, tools, uuid, lock, ended):
        self._tools = tools
        self._uuid = uuid
        self._lock = lock
        self._ended = ended
        self._wish = None
        self._told = False
        self._asker = None
        self.has_paused = False

    @property
    def is_abort(self):
        """Whether the migration is to be called off."""
        return self._wish is Wish.ABORT

    def abort(self):
        """Call it off; raises MigrationNotAbortable, HypervisorError."""
        with self._lock:
            if self._ended.is_set():
                return
            self._wish_for(Wish.ABORT)

    def force_complete(self):
        """Make it end soon, unless it is called off already."""
        with self._lock:
            if self._ended.is_set() or self.is_abort:
                return
            self._wish_for(Wish.FORCE)

    def _wish_for(self, wish):
        self._told = self._tell(wish)
        self._wish = wish
        if self._asker is None and not self._is_granted():
            self._asker = native.start(self._ask)

    def _is_granted(self):
        """Whether nothing is left to do for the wish but to wait."""
        return self._ended.is_set() or (
            self._told and not self.is_abort)

    def _ask(self):
        """Repeat the wish until libvirt has taken it or all is over."""
        while not (self._ended.wait(
                       cancelling.PATIENCE if self._told else ASK_EVERY)
                   or self._tools.closed.is_set()):
            with self._lock:
                if not self._is_granted():
                    self._ask_again()
                if self._is_granted():
                    self._asker = None
                    return

    def _ask_again(self):
        if self._told:
            self._help_to_end()
        else:
            self._told = self._told_at_last()

    def _help_to_end(self):
        try:
            with self._tools.connector.own() as connection:
                domain = guests.find(connection, self._uuid)
                if domain is not None and arrival.is_migrating_out(domain):
                    cancelling.help_to_end(domain, self._pause)
        except (exception.HypervisorUnavailable,
                libvirt.libvirtError) as error:
            LOG.debug('The migration of %s, called off: %s',
                      self._uuid, error)

    def _pause(self, domain):
        """Stop a guest until its migration has ended."""
        if domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING:
            self.has_paused = True
            domain.suspend()

    def _told_at_last(self):
        try:
            return self._tell(self._wish)
        except exception.NovaGSException as error:
            LOG.warning('The wish to %s the migration of guest %s is given '
                        'up: %s', self._wish.value, self._uuid, error)
            self._wish = None
            return True

    def _tell(self, wish):
        """Tell libvirt a wish; return whether it was there to take it.

        :raises: MigrationNotAbortable, HypervisorError
        """
        tell = self._abort if wish is Wish.ABORT else self._force
        try:
            with self._tools.connector.own() as connection:
                domain = guests.find(connection, self._uuid)
                return domain is None or tell(domain)
        except exception.HypervisorUnavailable as error:
            LOG.warning('Guest %s: %s', self._uuid, error)
            return False
        except libvirt.libvirtError as error:
            if errors.code(error) == libvirt.VIR_ERR_NO_DOMAIN:
                # It has left meanwhile.
                return True
            raise errors.translate(
                error, 'Asking libvirt about the migration of guest %s'
                % self._uuid) from error

    def _abort(self, domain):
        if arrival.is_handed_over(domain):
            self._refuse_abort()
        try:
            if not cancelling.may_abort(domain, self._pause):
                return False
            domain.abortJob()
        except libvirt.libvirtError as error:
            if errors.code(error) != libvirt.VIR_ERR_OPERATION_INVALID:
                raise
            if arrival.is_handed_over(domain):
                self._refuse_abort()
            return False
        return True

    def _refuse_abort(self):
        raise exception.MigrationNotAbortable(
            migration_id='(under way)', instance_id=self._uuid,
            status='in post-copy, and the guest runs at the destination')

    def _force(self, domain):
        with guests.unless_gone():
            if arrival.is_handed_over(domain):
                return True
            stats = domain.jobStats()
            # A guest that is paused before its memory moves would arrive
            # paused, and QEMU cannot switch to post-copy any earlier.
            if not (arrival.is_outgoing(stats)
                    and stats.get('memory_iteration')):
                return False
            if self._tools.permit_post_copy and self._switch(domain):
                return True
            self._pause(domain)
        return True

    def _switch(self, domain):
        try:
            domain.migrateStartPostCopy()
        except libvirt.libvirtError as error:
            LOG.warning('Guest %s is paused to end its migration, since it '
                        'cannot switch to post-copy: %s', self._uuid,
                        errors.text(error))
            return False
        return True
