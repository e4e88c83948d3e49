"""Taps that are there before their guest is.

libvirt makes a guest's tap when it starts it, and for one that moves here
that is when its memory begins to move: too late for a network that is to be
ready by then.  Such a tap is made here, and outlives who made it.  Whose it is
stands in its alias, which the kernel keeps for exactly as long.

That takes the right to administer the network (CAP_NET_ADMIN), which a
nova-compute need not have: then libvirt plugs in, later.
"""

import contextlib
import errno
import fcntl
import os
import socket
import struct

from nova_gs import exception

_TUN = '/dev/net/tun'
_DEVICES = '/sys/class/net'

#: What the alias of one of ours begins with; the guest's UUID follows.
_OURS = 'nova-gs '

# From linux/if_tun.h, linux/sockios.h and linux/if.h.
_TUNSETIFF, _TUNSETPERSIST, _TUNSETOWNER = 0x400454ca, 0x400454cb, 0x400454cc
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_SIOCSIFMTU, _SIOCSIFHWADDR, _SIOCBRADDIF = 0x8922, 0x8924, 0x89a2
_IFF_UP, _ETHERNET = 0x1, 1

# From linux/netlink.h, linux/rtnetlink.h and linux/if_link.h.
_NETLINK = struct.Struct('@IHHII')
_RTM_SETLINK, _IFLA_IFALIAS = 19, 20
_REQUEST_AND_ANSWER = 0x1 | 0x4

#: Errors of a process that may not, or of a machine that has no taps.
_MAY_NOT = (errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOENT,
            errno.ENXIO, errno.ENODEV)


class MayNot(Exception):
    """This process cannot make taps; it says why."""


def make(name, bridge, mac, uuid):
    """Make a tap for a guest, or take up the one that is there.

    :param name: of the device
    :param bridge: that it is put into
    :param mac: the address of the guest's interface
    :param uuid: of the guest
    :raises: MayNot; HypervisorError
    """
    if not os.path.exists(os.path.join(_DEVICES, bridge, 'bridge')):
        raise exception.HypervisorError(
            reason='There is no bridge %s on this host. Make it, or correct '
                   'the network that names it.' % bridge)
    with _opened(name) as tun:
        with _reported('made', name):
            _say_whose(name, uuid)
            _join(name, bridge, mac)
            fcntl.ioctl(tun, _TUNSETOWNER, os.geteuid())
            # Last: whatever is cut before leaves nothing.
            fcntl.ioctl(tun, _TUNSETPERSIST, 1)


def of(uuid):
    """Return the names of a guest's taps that were made here."""
    return sorted(name for name in os.listdir(_DEVICES)
                  if _alias(name) == _OURS + uuid)


def remove(uuid):
    """Remove the taps of a guest that were made here.

    :raises: HypervisorError for one that is in use
    """
    for name in of(uuid):
        try:
            with _opened(name) as tun, _reported('removed', name):
                fcntl.ioctl(tun, _TUNSETPERSIST, 0)
        except MayNot as error:
            raise exception.HypervisorError(
                reason='Tap %s of guest %s is left: %s. Remove it with "ip '
                       'link del %s".' % (name, uuid, error, name)) from error


@contextlib.contextmanager
def _opened(name):
    """Give a file that is a tap's other end, made if there is none.

    One that was only made goes with the file.
    """
    with contextlib.ExitStack() as stack:
        with _reported('opened', name):
            # Unbuffered: it is not read from.
            tun = stack.enter_context(open(_TUN, 'r+b', buffering=0))
            fcntl.ioctl(tun, _TUNSETIFF, _request(name, struct.pack(
                '@H', _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR)))
        yield tun


@contextlib.contextmanager
def _reported(what, name):
    try:
        yield
    except OSError as error:
        if error.errno in _MAY_NOT:
            raise MayNot(error.strerror) from error
        raise exception.HypervisorError(
            reason='Tap %s was not %s: %s.' % (
                name, what, error.strerror)) from error


def _say_whose(name, uuid):
    """Set a tap's alias, which takes netlink for all but root."""
    value = (_OURS + uuid).encode()
    attribute = struct.pack('@HH', 4 + len(value), _IFLA_IFALIAS) + value
    body = struct.pack('@BxHiII', socket.AF_UNSPEC, 0,
                       socket.if_nametoindex(name), 0, 0) + attribute
    body += bytes(-len(body) % 4)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as kernel:
        kernel.send(_NETLINK.pack(
            _NETLINK.size + len(body), _RTM_SETLINK, _REQUEST_AND_ANSWER,
            1, 0) + body)
        number, = struct.unpack_from('@i', kernel.recv(4096), _NETLINK.size)
    if number:
        raise OSError(-number, os.strerror(-number))


def _alias(name):
    try:
        with open(os.path.join(_DEVICES, name, 'ifalias'),
                  encoding='utf-8', errors='replace') as alias:
            return alias.read().strip()
    except OSError:
        # It has gone meanwhile, or is no device.
        return None


def _join(name, bridge, mac):
    """Put a tap into a bridge as libvirt does, and switch it on."""
    with open(os.path.join(_DEVICES, bridge, 'mtu'),
              encoding='ascii') as mtu:
        size = int(mtu.read())
    # The highest address there is, lest the bridge take it for its own.
    address = b'\xfe' + bytes.fromhex(mac.replace(':', ''))[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kernel:
        fcntl.ioctl(kernel, _SIOCSIFMTU, _request(
            name, struct.pack('@i', size)))
        fcntl.ioctl(kernel, _SIOCSIFHWADDR, _request(
            name, struct.pack('@H', _ETHERNET) + address))
        if not _is_in(name, bridge):
            fcntl.ioctl(kernel, _SIOCBRADDIF, _request(
                bridge, struct.pack('@i', socket.if_nametoindex(name))))
        flags, = struct.unpack_from('@H', fcntl.ioctl(
            kernel, _SIOCGIFFLAGS, _request(name)), 16)
        fcntl.ioctl(kernel, _SIOCSIFFLAGS, _request(
            name, struct.pack('@H', flags | _IFF_UP)))


def _is_in(name, bridge):
    return os.path.exists(os.path.join(_DEVICES, bridge, 'brif', name))


def _request(name, value=b''):
    """Return a struct ifreq of a device."""
    return struct.pack('@16s24s', name.encode(), value)
