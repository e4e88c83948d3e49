"""Which TCP ports of this host are the serial ports of which guests.

QEMU itself listens there, so what is connected needs no nova-compute.  As
libvirt chooses no such port, that is done here: a guest's definition has its
port, whether the guest is on or off, and one that is still to be defined, by
us or by a migration, is promised its port until then.
"""

import contextlib
import errno
import random

import libvirt

from nova_gs import concurrency
from nova_gs import exception
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import native
from nova_gs.virt.libvirt import serial_port

socket = concurrency.original('socket')

#: What listens there is at no address that a proxy could be told.
_ANYWHERE = ('0.0.0.0', '::')

_LAST_PORT = 65535

#: Details of MigrateData: not empty for a guest that has a port, and what
#: the destination promises it.
WANTED = 'serial'
_HOST, _PORT = 'serial_host', 'serial_port'


def promised_in(data):
    """Return the (host, port) that a destination has promised, or None.

    One that is too old to do so takes the guest with its log only.

    :param data: objects.MigrateData
    """
    if not data.details.get(_PORT):
        return None
    return data.details[_HOST], int(data.details[_PORT])


class Ports:
    """The ports of one host; may be used by many threads.

    :param conf: ConfigOpts
    :raises: ConfigurationError
    """

    def __init__(self, conf):
        self._conf = conf
        self._address, self._range = _read(conf)
        self._lock = native.threading.Lock()
        self._promised = {}

    @contextlib.contextmanager
    def for_new(self, connection, uuid):
        """Hold a port for a guest that is about to be defined.

        :returns: (host, port); None where guests get none
        :raises: HypervisorError when none is free
        """
        if not self._conf.serial_console.enabled:
            yield None
            return
        with self._held(connection, uuid) as address:
            yield address

    @contextlib.contextmanager
    def _held(self, connection, uuid):
        try:
            yield self.promise(connection, uuid)
        finally:
            self.settle(uuid)

    def promise(self, connection, uuid):
        """Keep a port for a guest, until ``settle``.

        :returns: (host, port)
        :raises: HypervisorError when none is free; libvirtError
        """
        with self._lock:
            self._promised.pop(uuid, None)
            taken = {*_ports_of(connection), *self._promised.values()}
            # One that was just another guest's is not likely to be chosen:
            # somebody may still be on the way to that.
            for port in random.sample(self._range, len(self._range)):
                if port not in taken and self._is_free(port):
                    self._promised[uuid] = port
                    return self._address, port
        raise exception.HypervisorError(
            reason='Host %s has no port left for the serial console of guest '
                   '%s: all of [serial_console] port_range (%s) are taken.'
                   % (self._conf.host, uuid,
                      self._conf.serial_console.port_range))

    def expect(self, connection, uuid, data):
        """Promise a port to a guest that comes, if it has one; until then.

        :param data: objects.MigrateData, into which it is written
        :raises: HypervisorError when none is free; libvirtError
        """
        if data.details.get(WANTED):
            host, port = self.promise(connection, uuid)
            data.details.update({_HOST: host, _PORT: str(port)})

    def settle(self, uuid):
        """The guest has the port in its definition, or needs it no more."""
        with self._lock:
            self._promised.pop(uuid, None)

    def refresh(self, connection, domain):
        """Give a guest that is off another port, should that be needed.

        Another program may have taken its own, or the host may have got
        another address.
        """
        if domain.isActive():
            return
        xml = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE
                             | libvirt.VIR_DOMAIN_XML_INACTIVE)
        found = serial_port.read(xml)
        if found is None or (found[0] == self._address
                             and self._is_free(found[1])):
            return
        with self._held(connection, domain.UUIDString()) as address:
            connection.defineXML(serial_port.place(xml, address))

    def _is_free(self, port):
        """Whether QEMU could listen on a port.

        :raises: HypervisorError where no port would do
        """
        try:
            return self._can_bind(port)
        except OSError as error:
            raise exception.HypervisorError(
                reason='[serial_console] proxyclient_address of host %s (%s) '
                       'is not its own: %s. Set it to an address of this '
                       'host.' % (self._conf.host, self._address, error)
            ) from error

    def _can_bind(self, port):
        family, kind, _protocol, _name, address = socket.getaddrinfo(
            self._address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # As QEMU does: connections of old that are still being forgotten
            # are not in its way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise
                return False
        return True


def _ports_of(connection):
    """Yield the ports of all guests of a host."""
    for domain in connection.listAllDomains():
        with guests.unless_gone():
            found = serial_port.read(domain.XMLDesc(0))
            if found is not None:
                yield found[1]


def _read(conf):
    """Return the address and the range of ports that are configured."""
    options = conf.serial_console
    first, end = (int(word) for word in options.port_range.split(':'))
    if not 0 < first < end <= _LAST_PORT + 1:
        raise exception.ConfigurationError(
            option='[serial_console] port_range',
            problem='%s has no port in it' % options.port_range,
            remedy='Set two numbers of which the first is smaller, 1 to '
                   '65536, as in 10000:20000.')
    if options.proxyclient_address in _ANYWHERE:
        raise exception.ConfigurationError(
            option='[serial_console] proxyclient_address',
            problem='%s is no address that a proxy could connect to'
                    % options.proxyclient_address,
            remedy='Set the address of this host on the management network.')
    return options.proxyclient_address, range(first, end)
