"""A hypervisor host: a libvirtd of its own, as on a machine of its own.

It runs in session mode in user and UTS namespaces, so it needs no root, has
its own host name, directories and ports, and touches nothing of the machine.
Two of them migrate guests between each other over loopback.  Where guests
are to be switched to post-copy, it runs as ``post_copy`` says instead.
"""

import os
import pwd
import shutil
import uuid

from nova_gs.devcloud import errors
from nova_gs.devcloud import parts
from nova_gs.devcloud import ports
from nova_gs.devcloud import post_copy as post_copy_module
from nova_gs.devcloud import qemu_cache

_LIBVIRTD_CONF = """\
host_uuid = "{uuid}"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
keepalive_interval = 5
keepalive_count = 3
log_outputs = "2:file:{directory}/libvirtd.log"
"""
_QEMU_CONF = """\
stdio_handler = "file"
security_driver = "none"
cgroup_controllers = []
namespaces = []
clear_emulator_capabilities = 0
migration_address = "{address}"
migration_host = "{address}"
migration_port_min = {migration_port}
migration_port_max = {last_migration_port}
remote_display_port_min = {display_port}
remote_display_port_max = {last_display_port}
vnc_listen = "{address}"
keepalive_interval = 5
keepalive_count = 3
"""
#: As root of an outer user namespace set the host name (and hide KVM); then
#: become somebody else in an inner one: libvirtd takes root for the system.
_ENTER = ('set -e; hostname "$1"; '
          'if [ -n "$2" ]; then mount --bind "$2" /dev/kvm; fi; '
          'user=$3 group=$4; shift 4; '
          'exec unshare -U --map-user="$user" --map-group="$group" "$@"')
_PORTS = ports.PER_HOST // 2
#: Each guest's screen has a port.
MOST_SCREENS = _PORTS


class LibvirtHost(parts.Part):
    """See the module.

    :param layout: the cloud's files
    :param host: name of the host
    :param index: number of the host in the cloud, from 0
    :param first_port: of the cloud's block
    :param with_kvm: whether its guests may use KVM; otherwise it is hidden
    :param post_copy: whether they may be switched to post-copy
    """

    def __init__(self, layout, host, index, first_port, with_kvm=False,
                 post_copy=False):
        super().__init__(layout, 'libvirtd@' + host)
        self.host = host
        self.with_kvm = with_kvm
        self.post_copy = post_copy
        self.directory = layout.hypervisor(host)
        # Anything of 127/8 will do but 127.0.0.1, which libvirt refuses.
        self.address = '127.%d.%d.%d' % (
            first_port >> 8 & 0xff, first_port & 0xff, index + 2)
        self._first_port = first_port + ports.HOSTS + ports.PER_HOST * index
        self._cache = qemu_cache.QemuCache(with_kvm)

    @property
    def is_warm(self):
        """Return whether it need not examine QEMU."""
        return self._cache.is_warm()

    @property
    def uri(self):
        """Return where clients of this host connect to."""
        return self.uri_pattern(self.layout) % self.host

    @staticmethod
    def uri_pattern(layout):
        """Return the URI of any host of a cloud, with %s for its name."""
        return ('qemu+unix:///session?socket='
                + layout.hypervisor('%s') + '/run/libvirt/libvirt-sock')

    def launch(self, owner=None):
        """Start libvirtd; guests of an earlier one are found again."""
        program = shutil.which('libvirtd', path=self._environ()['PATH'])
        if program is None:
            raise errors.DevcloudError(
                'libvirtd is not installed. Install the packages '
                'libvirt-daemon, libvirt-daemon-driver-qemu and '
                'qemu-system-x86.')
        self._configure()
        self._cache.seed(self.capabilities)
        hide = ''
        if not self.with_kvm and os.path.exists('/dev/kvm'):
            hide = os.path.join(self.directory, 'no-kvm')
        command = self._enter(hide)
        command += [program, '-p', self._path('run', 'libvirtd.pid')]
        self.process.launch(command, self._environ(), owner)

    def _enter(self, hide):
        """Return the command line with which libvirtd's is begun."""
        user = _somebody()
        if self.post_copy:
            post_copy_module.hand_over(self.layout, self.directory, user)
            return post_copy_module.command(self.host, hide, user)
        return (['unshare', '-Ur', '--uts'] + (['--mount'] if hide else [])
                + ['sh', '-c', _ENTER, 'sh', self.host, hide,
                   *map(str, user)])

    def ready(self):
        """Return whether libvirt answers and knows its QEMU.

        The first time it examines QEMU, which takes seconds.
        """
        import libvirt
        libvirt.registerErrorHandler(_ignore, None)
        try:
            connection = libvirt.open(self.uri)
        except libvirt.libvirtError:
            return False
        try:
            connection.getCapabilities()
        except libvirt.libvirtError:
            return False
        finally:
            connection.close()
        self._cache.keep(self.capabilities)
        return True

    @property
    def capabilities(self):
        """Return the directory of what libvirtd has found out of QEMU."""
        return self._path('cache', 'libvirt', 'qemu', 'cache', 'capabilities')

    def _path(self, *parts):
        return os.path.join(self.directory, *parts)

    def _environ(self):
        return {
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin',
            'HOME': self.directory,
            'LANG': 'C.UTF-8',
            'XDG_RUNTIME_DIR': self._path('run'),
            'XDG_CONFIG_HOME': self._path('config'),
            'XDG_CACHE_HOME': self._path('cache'),
            'XDG_DATA_HOME': self._path('data'),
            'XDG_STATE_HOME': self._path('state'),
        }

    def _configure(self):
        for name in ('run', 'config/libvirt', 'cache', 'data', 'state'):
            os.makedirs(self._path(name), mode=0o700, exist_ok=True)
        values = {
            'uuid': uuid.uuid5(uuid.NAMESPACE_URL, self.directory),
            'directory': self.directory,
            'address': self.address,
            'migration_port': self._first_port,
            'last_migration_port': self._first_port + _PORTS - 1,
            'display_port': self._first_port + _PORTS,
            'last_display_port': self._first_port + 2 * _PORTS - 1,
        }
        for name, text in (('libvirtd.conf', _LIBVIRTD_CONF),
                           ('qemu.conf', _QEMU_CONF)):
            with open(self._path('config', 'libvirt', name), 'w',
                      encoding='utf-8') as out:
                out.write(text.format(**values))
        # Bound over /dev/kvm it cannot be opened, as on a machine without.
        with open(self._path('no-kvm'), 'w') as nothing:
            os.fchmod(nothing.fileno(), 0)


def _somebody():
    """Return the uid and gid of anybody but root.

    libvirtd looks itself up, so it must be somebody whom this machine knows.
    """
    return next((user.pw_uid, user.pw_gid)
                for user in pwd.getpwall() if user.pw_uid and user.pw_gid)


def _ignore(_context, _error):
    """Keep libvirt from writing errors to the terminal."""
