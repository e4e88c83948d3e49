"""What this host is and can run."""

import socket
from xml.etree import ElementTree

import libvirt
from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import errors

LOG = logging.getLogger(__name__)

# Never runs, and goes with the connection should we die in between.
PROBE = (libvirt.VIR_DOMAIN_START_PAUSED
         | libvirt.VIR_DOMAIN_START_AUTODESTROY)

# What listens here can be reached at any address of the host.
ANYWHERE = ('0.0.0.0', '::')


class Host:
    """This host's facts.

    :param conf: ConfigOpts
    :param connector: connection.Connector
    :param disks: disks.Disks
    """

    def __init__(self, conf, connector, disks):
        self._conf = conf
        self._connector = connector
        self._disks = disks
        self._virt_type = None
        self._host_ip = None

    def describe(self):
        """Return driver.HostFacts."""
        with errors.translated('Describing host %s' % self._conf.host):
            return self._connector.query(self._facts)

    def _facts(self, connection):
        info = connection.getInfo()
        return driver.HostFacts(
            hypervisor_type=connection.getType(),
            hypervisor_version=connection.getVersion(),
            hypervisor_hostname=connection.getHostname(),
            host_ip=self._address(),
            vcpus=info[2],
            memory_mb=info[1],
            local_gb=self._disks.size_gb(),
            cpu_info=_read_cpu(connection.getCapabilities()))

    def _address(self):
        inbound = self._conf.libvirt.live_migration_inbound_addr
        if inbound:
            return inbound
        if self._host_ip is None:
            # Asked once: a resolver may take seconds to say no.
            try:
                self._host_ip = socket.gethostbyname(self._conf.host)
            except OSError:
                self._host_ip = '127.0.0.1'
        return self._host_ip

    def platform(self):
        """Return the domain_xml.Platform of new guests."""
        return domain_xml.Platform(
            virt_type=self.virt_type(),
            machine_type=self._conf.libvirt.machine_type,
            cache_mode=self._disks.cache_mode(),
            has_screen=self._conf.vnc.enabled,
            screen_listen=self._conf.vnc.server_listen)

    def proxy_address(self, listening):
        """Return where a proxy reaches what listens on an address here."""
        there = self._conf.vnc.server_proxyclient_address
        if there:
            return there
        return self._address() if listening in ANYWHERE else listening

    def virt_type(self):
        """Return ``kvm`` or ``qemu``.

        :raises: HypervisorError when the one that is asked for does not work
        """
        wanted = self._conf.libvirt.virt_type
        if self._virt_type is None:
            if wanted == 'auto':
                self._virt_type = 'kvm' if self._can_kvm() else 'qemu'
            else:
                self.check_can_run(
                    wanted, self._conf.libvirt.machine_type,
                    exception.HypervisorError)
                self._virt_type = wanted
        return self._virt_type

    def _can_kvm(self):
        try:
            self.check_can_run('kvm', self._conf.libvirt.machine_type,
                               exception.HypervisorError)
            self._try_kvm()
        except exception.HypervisorUnavailable:
            raise
        except exception.HypervisorError as error:
            LOG.info('Guests are emulated, which is slow: %s', error)
            return False
        return True

    def _try_kvm(self):
        """Start a guest for a moment: a nested KVM may only look sound."""
        name = 'nova-gs-kvm-probe-%s' % self._conf.host
        xml = domain_xml.build_probe(domain_xml.Platform(
            'kvm', self._conf.libvirt.machine_type, 'none'), name)
        with errors.translated('Starting a guest on KVM'):
            with self._connector.own() as connection:
                connection.createXML(xml, PROBE).destroy()

    def check_can_run(self, virt_type, machine_type, refusal):
        """Raise refusal(reason=) when QEMU here has no such machine."""
        try:
            self._connector.query(
                lambda connection: connection.getDomainCapabilities(
                    None, None, machine_type, virt_type, 0))
        except libvirt.libvirtError as error:
            raise refusal(
                reason='Host %s cannot run %s guests of machine type %s: %s'
                       % (self._conf.host, virt_type, machine_type,
                          errors.text(error))) from error


def _read_cpu(capabilities):
    """Return cpu_info in the form that Nova's API gives."""
    cpu = ElementTree.fromstring(capabilities).find('host/cpu')
    if cpu is None:
        return {}
    topology = cpu.find('topology')
    return {
        'arch': cpu.findtext('arch', ''),
        'model': cpu.findtext('model', ''),
        'vendor': cpu.findtext('vendor', ''),
        'topology': {
            name: int(topology.get(name, 1))
            for name in ('sockets', 'cores', 'threads')
        } if topology is not None else {},
        'features': sorted(
            feature.get('name') for feature in cpu.findall('feature')),
    }
