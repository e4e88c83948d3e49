"""devcloud: a whole private cloud in a directory."""

import sys


def main():
    """Run one command of devcloud."""
    try:
        from nova_gs.devcloud import cli
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(cli.main())


if __name__ == '__main__':
    main()
