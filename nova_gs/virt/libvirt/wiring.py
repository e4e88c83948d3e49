"""Which interfaces of guests this host plugs in, and which libvirt does.

Those of a guest that moves here are plugged in before it comes.  Its
definition while it runs then names a tap that libvirt neither makes nor
removes; its definition for the next start is the ordinary one.  So such a tap
stands in the way of the next start, unless the guest resumes from a memory
that was saved: that is to find everything as it was.
"""

from oslo_log import log as logging

from nova_gs.virt import driver
from nova_gs.virt.libvirt import interfaces
from nova_gs.virt.libvirt import taps as taps_module

LOG = logging.getLogger(__name__)


class Wiring:
    """The interfaces of one host's guests.

    :param taps: module ``taps``, or what does the same
    """

    def __init__(self, taps=taps_module):
        self._taps = taps

    def plug(self, uuid, ports):
        """Plug in what can be before a guest comes.

        :param ports: objects.Port, bound to this host
        :returns: the IDs of those that need nothing more for the network to
            tell of them
        :raises: HypervisorError
        """
        return [port.id for port in ports if self._plug(uuid, port)]

    def _plug(self, uuid, port):
        if port.vif_type == driver.Plug.USER:
            # QEMU's own: there is nothing on the host.
            return True
        if not interfaces.has_tap(port):
            return False
        name = interfaces.device_name(port.id)
        try:
            self._taps.make(name, port.details.get('bridge_name', ''),
                            port.mac_address, uuid)
            return True
        except taps_module.MayNot as error:
            reason = str(error)
        LOG.info('Tap %s of guest %s is made by libvirt when the guest comes, '
                 'since nova-compute cannot: %s. Its migration does not wait '
                 'for the network.', name, uuid, reason)
        return False

    def unplug(self, uuid):
        """Remove what was plugged in for a guest that is not here, or off.

        :raises: HypervisorError
        """
        self._taps.remove(uuid)

    def before_start(self, domain):
        """Clear the way of a start by the definition."""
        if not domain.isActive():
            self.unplug(domain.UUIDString())

    def before_resume(self, domain, ports):
        """Have there what a saved guest has to find.

        After a start of the machine it is not there any more.
        """
        if domain.isActive() or not domain.hasManagedSaveImage():
            return
        needed = interfaces.taps_needed(domain.managedSaveGetXMLDesc())
        self.plug(domain.UUIDString(), [
            port for port in ports
            if interfaces.device_name(port.id) in needed])
