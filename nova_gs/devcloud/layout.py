"""Where a cloud keeps its files, and what it remembers of itself."""

import getpass
import json
import os

from nova_gs.devcloud import errors

#: Names the directory of a cloud that a command is about.
VARIABLE = 'DEVCLOUD_DIR'
#: A UNIX socket's path must be shorter than this (sun_path, with its NUL).
_SOCKET_LIMIT = 108
#: The longest one, below a hypervisor host's directory: QEMU's monitor, in
#: .../lib/domain-<number>-<20 characters of the guest's name>/.
_LONGEST_SOCKET = ('/config/libvirt/qemu/lib/domain-9999-' + 20 * 'x'
                   + '/monitor.sock')


def default_directory(purpose=''):
    """Return the directory of a user's cloud, short and in /tmp.

    ``DEVCLOUD_DIR`` in the environment names another one.
    """
    return (os.environ.get(VARIABLE) or _short_directory()) + purpose


def _short_directory():
    return '/tmp/devcloud-%s' % getpass.getuser()


class Layout:
    """The files of one cloud, below one directory."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)

    def path(self, *parts):
        """Return a path below the directory."""
        return os.path.join(self.directory, *parts)

    @property
    def state_file(self):
        """Return the path of what the cloud remembers; made first."""
        return self.path('cloud.json')

    @property
    def instances(self):
        """Return the shared directory of the guests' disks."""
        return self.path('instances')

    def instances_of(self, host):
        """Return the directory of a host that shares none with others."""
        return self.path('own', host)

    @property
    def images(self):
        """Return the shared directory of the images."""
        return self.path('images')

    def run(self, name):
        """Return the directory of a process's records."""
        return self.path('run', name)

    def log(self, name):
        """Return the path of a process's log."""
        return self.path('log', name + '.log')

    def config(self, name):
        """Return the path of a service's configuration file."""
        return self.path('etc', name + '.conf')

    def state_path(self, host):
        """Return a compute host's own directory (its lock, its reports)."""
        return self.path('state', host)

    def hypervisor(self, host):
        """Return the directory of a host's hypervisor; kept short."""
        return self.path('hv', host)

    def check_length(self, hosts):
        """Refuse a directory in which sockets would have too long paths.

        :raises: DevcloudError
        """
        for host in hosts:
            length = len(self.hypervisor(host) + _LONGEST_SOCKET) + 1
            if length > _SOCKET_LIMIT:
                raise errors.DevcloudError(
                    '--dir %s is too long by %d characters: paths of UNIX '
                    'sockets below it would exceed %d. Choose a shorter one, '
                    'such as %s.' % (
                        self.directory, length - _SOCKET_LIMIT,
                        _SOCKET_LIMIT - 1, _short_directory()))

    def load(self):
        """Return what the cloud remembers as a dict, or None."""
        try:
            with open(self.state_file, encoding='utf-8') as state:
                return json.load(state)
        except FileNotFoundError:
            return None

    def save(self, state):
        """Remember a dict, whole or not at all."""
        temporary = self.state_file + '.new'
        with open(temporary, 'w', encoding='utf-8') as out:
            json.dump(state, out, indent=2)
        os.replace(temporary, self.state_file)
