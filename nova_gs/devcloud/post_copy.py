"""Hypervisor hosts whose guests can be switched to post-copy; needs root.

A guest in post-copy runs at the destination before all of its memory is
there, so its QEMU has to be told by the kernel which page is missing.  The
kernel tells that only to who may trace any process of the machine
(CAP_SYS_PTRACE), which nobody may in a user namespace of his own.  So
libvirtd runs as an ordinary user of the machine here, who has been given
that one power, and one more: to write the disks that nova-compute has made.
"""

import os
import shutil

#: Numbers of the kernel's capabilities, by the names that setpriv has.
_CAPABILITIES = {'dac_override': 1, 'sys_ptrace': 19}

#: Is there with every kernel that knows userfaultfd.
_SYSCTL = '/proc/sys/vm/unprivileged_userfaultfd'

#: Says what we may.
_STATUS = '/proc/self/status'

#: As root set the host name (and hide KVM); then become somebody else, whom
#: libvirtd takes for a session's user.
_ENTER = ('set -e; hostname "$1"; '
          'if [ -n "$2" ]; then mount --bind "$2" /dev/kvm; fi; '
          'user=$3 group=$4; shift 4; '
          'exec setpriv --reuid="$user" --regid="$group" --clear-groups '
          '--inh-caps={0} --ambient-caps={0} "$@"').format(
              ','.join('+' + name for name in _CAPABILITIES))


def obstacle():
    """Return why there can be no such hosts here, None if there can."""
    if os.geteuid():
        return 'it needs root'
    missing = [name for name, number in _CAPABILITIES.items()
               if not _may(number)]
    if missing:
        return 'root lacks %s here' % ', '.join(
            'CAP_' + name.upper() for name in missing)
    if not os.path.exists(_SYSCTL):
        return 'the kernel was built without userfaultfd'
    if shutil.which('setpriv') is None:
        return 'there is no setpriv; install the package util-linux'
    return None


def command(host, hide, user):
    """Return the command line that what libvirtd runs in is begun with.

    :param host: name of the host
    :param hide: path of a file to put over /dev/kvm, or ''
    :param user: (uid, gid)
    """
    return (['unshare', '--uts'] + (['--mount'] if hide else [])
            + ['sh', '-c', _ENTER, 'sh', host, hide, *map(str, user)])


def hand_over(layout, directory, user):
    """Let a user have a host's directory, and reach the guests' disks.

    :param layout: the cloud's files
    :param directory: the host's
    :param user: (uid, gid)
    """
    # libvirtd asks who it is rather than what it may, so it must be let
    # through by name all the way down.
    for path in (layout.directory, os.path.dirname(directory)):
        os.chmod(path, 0o711)
    for path, _directories, files in os.walk(directory):
        os.chown(path, *user)
        for name in files:
            os.chown(os.path.join(path, name), *user, follow_symlinks=False)


def _may(number):
    with open(_STATUS, encoding='ascii') as status:
        for line in status:
            name, _, value = line.partition(':')
            if name == 'CapEff':
                return bool(int(value, 16) >> number & 1)
    return False
