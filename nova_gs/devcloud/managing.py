"""``python -m nova_gs.devcloud.managing CONFIG COMMAND...``

Runs several commands of nova-manage, each a JSON list of its arguments, in
one process: starting one takes ten times as long as what it does.
"""

import json
import sys

from nova_gs.cmd import common
from nova_gs.cmd.manage import base
from nova_gs.cmd.manage import program


def main(argv):
    """Run them until one fails; returns the exit code."""
    path, *commands = argv
    conf = common.configure(base.PROGRAM, ['--config-file', path])
    for command in commands:
        code = program.execute(program.parse(json.loads(command)), conf)
        if code:
            return code
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
