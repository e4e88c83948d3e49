"""What libvirtd finds out of QEMU takes it seconds: kept between clouds."""

import hashlib
import os
import platform
import shutil
import tempfile

#: libvirtd looks at these anew when they change, and so do we.
_PROGRAMS = ('/usr/sbin/libvirtd', '/usr/bin/qemu-system-x86_64',
             '/usr/bin/qemu-system-i386')


class QemuCache:
    """A directory of capabilities, by what they depend on.

    :param with_kvm: whether hosts may use KVM
    :param root: where the user's caches are
    """

    def __init__(self, with_kvm, root=None, programs=_PROGRAMS):
        root = root or os.environ.get('XDG_CACHE_HOME') or os.path.expanduser(
            '~/.cache')
        facts = [platform.release(), str(with_kvm)]
        for program in programs:
            try:
                stat = os.stat(program)
                facts += [program, str(stat.st_size), str(stat.st_mtime_ns)]
            except OSError:
                continue
        key = hashlib.sha256('\n'.join(facts).encode()).hexdigest()[:16]
        self.directory = os.path.join(root, 'nova_gs', 'qemu-caps', key)

    def is_warm(self):
        """Return whether there is something to seed hosts with."""
        return os.path.isdir(self.directory)

    def seed(self, capabilities):
        """Give a host's directory what is known."""
        if self.is_warm() and not os.path.isdir(capabilities):
            shutil.copytree(self.directory, capabilities)

    def keep(self, capabilities):
        """Take over what a host has found, unless that is known already."""
        if self.is_warm() or not os.path.isdir(capabilities):
            return
        parent = os.path.dirname(self.directory)
        os.makedirs(parent, exist_ok=True)
        temporary = tempfile.mkdtemp(dir=parent)
        shutil.copytree(capabilities, temporary, dirs_exist_ok=True)
        try:
            os.rename(temporary, self.directory)
        except OSError:
            # Another cloud was faster.
            shutil.rmtree(temporary, ignore_errors=True)
