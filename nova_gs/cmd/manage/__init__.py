"""nova-manage; see ``program``."""

from nova_gs.cmd import common


def main(argv=None):
    """Run nova-manage; returns the exit code."""
    common.init_backend()
    from nova_gs.cmd.manage import program
    return program.main(argv)
