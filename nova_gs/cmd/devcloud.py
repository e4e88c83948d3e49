"""devcloud: a whole private cloud in a directory."""

import sys


def main():
    """Run one command of devcloud."""
    from nova_gs.devcloud import cli
    sys.exit(cli.main())


if __name__ == '__main__':
    main()
