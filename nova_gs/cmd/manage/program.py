"""nova-manage: what an administrator does next to the database.

::

    nova-manage db sync | version
    nova-manage image add NAME FILE [--format qcow2|raw]
    nova-manage image list | delete ID
    nova-manage service list
    nova-manage service drain HOST [--deadline SECONDS] [--reason TEXT]
    nova-manage service resume HOST
    nova-manage operation list [--host HOST] [--all]
    nova-manage operation show ID
    nova-manage drain report [FILE] [--html OUT]
    nova-manage recovery report [FILE]

What prints something takes ``--json`` as well.  The reports of a drain and of
a start are files on the host; everything else asks the database.

Exit code 0: done; 1: it cannot be done; 2: the command makes no sense.
"""

import logging
import sys

from nova_gs.cmd import common
from nova_gs.cmd.manage import base
from nova_gs.cmd.manage import db
from nova_gs.cmd.manage import drain
from nova_gs.cmd.manage import image
from nova_gs.cmd.manage import operation
from nova_gs.cmd.manage import recovery
from nova_gs.cmd.manage import service
from nova_gs.db import engine
from nova_gs import exception

#: What it can be asked about, in the order of the help.
NOUNS = (db, image, service, operation, drain, recovery)


def execute(arguments, conf):
    """Do what the command line asks for.

    :param arguments: what ``parse`` returned
    :param conf: ConfigOpts
    :returns: the exit code
    """
    # It logs a traceback of what is said in one line here.
    logging.getLogger('oslo_db').setLevel(logging.CRITICAL)
    try:
        arguments.run(conf, arguments)
        sys.stdout.flush()
        return 0
    except exception.NovaGSException as error:
        reason = exception.reason_of(error)
    except OSError as error:
        reason = '%s: %s' % (error.filename or base.PROGRAM, error.strerror)
    except engine.ERRORS as error:
        reason = '[database] connection: %s' % str(error).splitlines()[0]
    return base.fail(reason, 1)


def parse(argv):
    """Return the parsed command line; ends the process when it is wrong."""
    parser = base.Parser(prog=base.PROGRAM,
                         description=__doc__.splitlines()[0],
                         allow_abbrev=False)
    parser.add_argument('--config-file', action='append', default=[],
                        metavar='PATH', help='read options from this file')
    parser.add_argument('--config-dir', action='append', default=[],
                        metavar='DIR', help='read options from *.conf here')
    nouns = parser.add_subparsers(
        dest='noun', required=True, metavar='|'.join(
            noun.__name__.rpartition('.')[2] for noun in NOUNS))
    for noun in NOUNS:
        noun.add(nouns)
    return parser.parse_args(argv)


def main(argv=None):
    """Run nova-manage; returns the exit code."""
    arguments = parse(sys.argv[1:] if argv is None else argv)
    options = []
    for name, values in (('--config-file', arguments.config_file),
                         ('--config-dir', arguments.config_dir)):
        for value in values:
            options += [name, value]
    try:
        conf = common.configure(base.PROGRAM, options)
    except exception.NovaGSException as error:
        return base.fail(exception.reason_of(error), 2)
    return execute(arguments, conf)
