"""nova-manage: what an administrator does next to the database.

::

    nova-manage db sync | version
    nova-manage image add NAME FILE [--format qcow2|raw]
    nova-manage image list | delete ID
    nova-manage service list
    nova-manage operation list [--host HOST] [--all]

Exit code 0: done; 1: it cannot be done; 2: the command makes no sense.
"""

import argparse
import json
import logging
import os
import sys
import uuid

import prettytable

from nova_gs.cmd import common
from nova_gs.cmd import image_file
from nova_gs.db import engine
from nova_gs.db import schema
from nova_gs.db import store
from nova_gs import exception

PROGRAM = 'nova-manage'

_SERVICE_COLUMNS = ('host', 'binary', 'version', 'phase', 'disabled',
                    'forced_down', 'seconds_since_seen', 'phase_reason')
_OPERATION_COLUMNS = ('uuid', 'kind', 'state', 'step', 'host', 'peer_host',
                      'instance_uuid', 'progress', 'updated_at', 'error')
_IMAGE_COLUMNS = ('id', 'name', 'disk_format', 'size', 'status')


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message):
        self.exit(2, '%s: %s. See %s --help.\n' % (
            PROGRAM, message, self.prog))


def db_sync(conf, arguments):
    """Bring the schema up to date and say what was done."""
    database = engine.Database(conf)
    before, after = schema.upgrade(database.engine)
    if before == after:
        print('The database has schema %s already.' % after)
    else:
        print('The database was brought from schema %s to %s.' % (
            before or '(none)', after))


def db_version(conf, arguments):
    """Print the schema's version, and the one that is needed."""
    found = schema.current(engine.Database(conf).engine)
    print('The database has schema %s; this release needs %s.' % (
        found or '(none)', schema.head()))


def image_add(conf, arguments):
    """Copy a file into the store, record it, print its id."""
    records = _store(conf)
    disk_format = image_file.detect(arguments.file, arguments.format)
    image_id = str(uuid.uuid4())
    os.makedirs(conf.images.store_path, exist_ok=True)
    path = os.path.join(os.path.abspath(conf.images.store_path), image_id)
    size, checksum = image_file.copy(arguments.file, path)
    try:
        records.images.create({
            'id': image_id, 'name': arguments.name, 'path': path,
            'disk_format': disk_format, 'size': size, 'checksum': checksum})
    except BaseException:
        image_file.remove(path)
        raise
    print(image_id)


def image_list(conf, arguments):
    """Print the catalogue."""
    _show(_IMAGE_COLUMNS, _store(conf).images.get_all(), arguments.json)


def image_delete(conf, arguments):
    """Take an image out of the catalogue and remove its file."""
    images = _store(conf).images
    path = images.get_by_id(arguments.id)['path']
    images.destroy(arguments.id)
    image_file.remove(path)


def service_list(conf, arguments):
    """Print every service with its phase and the age of its heartbeat."""
    _show(_SERVICE_COLUMNS, _store(conf).services.get_by_filters({}),
          arguments.json)


def operation_list(conf, arguments):
    """Print what is under way, or everything."""
    filters = {} if arguments.all else {'open': True}
    if arguments.host:
        filters['host'] = arguments.host
    _show(_OPERATION_COLUMNS,
          _store(conf).operations.get_by_filters(filters), arguments.json)


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
        reason = '%s: %s' % (error.filename or PROGRAM, error.strerror)
    except engine.ERRORS as error:
        reason = '[database] connection: %s' % str(error).splitlines()[0]
    return _fail(reason, 1)


def parse(argv):
    """Return the parsed command line; ends the process when it is wrong."""
    parser = _Parser(prog=PROGRAM, description=__doc__.splitlines()[0],
                     allow_abbrev=False)
    parser.add_argument('--config-file', action='append', default=[],
                        metavar='PATH', help='read options from this file')
    parser.add_argument('--config-dir', action='append', default=[],
                        metavar='DIR', help='read options from *.conf here')
    nouns = parser.add_subparsers(
        dest='noun', required=True, metavar='db|image|service|operation')
    _add_db(nouns)
    _add_image(nouns)
    listing = _verbs(nouns, 'service', 'services and their phases')
    _listing(listing, service_list)
    listing = _verbs(nouns, 'operation', 'requests and how far they are')
    operations = _listing(listing, operation_list)
    operations.add_argument('--host', help='only what involves this host')
    operations.add_argument('--all', action='store_true',
                            help='also what has ended')
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
        conf = common.configure(PROGRAM, options)
    except exception.NovaGSException as error:
        return _fail(exception.reason_of(error), 2)
    return execute(arguments, conf)


def _verbs(nouns, name, text):
    parser = nouns.add_parser(name, help=text)
    return parser.add_subparsers(dest='verb', required=True, metavar='VERB')


def _verb(verbs, name, run):
    parser = verbs.add_parser(name, help=run.__doc__.splitlines()[0])
    parser.set_defaults(run=run)
    return parser


def _listing(verbs, run):
    parser = _verb(verbs, 'list', run)
    parser.add_argument('--json', action='store_true',
                        help='print a JSON list with all there is to know')
    return parser


def _add_db(nouns):
    verbs = _verbs(nouns, 'db', 'the schema')
    _verb(verbs, 'sync', db_sync)
    _verb(verbs, 'version', db_version)


def _add_image(nouns):
    verbs = _verbs(nouns, 'image', 'the built-in catalogue of images')
    add = _verb(verbs, 'add', image_add)
    add.add_argument('name', metavar='NAME')
    add.add_argument('file', metavar='FILE')
    add.add_argument('--format', metavar='|'.join(image_file.FORMATS),
                     help='refuse the file if it has another format')
    _listing(verbs, image_list)
    delete = _verb(verbs, 'delete', image_delete)
    delete.add_argument('id', metavar='ID')


def _store(conf):
    records = store.Store(conf)
    records.require_schema()
    return records


def _show(columns, rows, as_json):
    if as_json:
        print(json.dumps(rows, default=str, indent=2))
        return
    table = prettytable.PrettyTable(columns)
    table.align = 'l'
    table.add_rows([[_cell(row[name]) for name in columns] for row in rows])
    print(table)


def _cell(value):
    if value is None:
        return '-'
    return '%.1f' % value if isinstance(value, float) else value


def _fail(reason, code):
    """Say why in one line; returns the exit code."""
    print('%s: %s' % (PROGRAM, ' '.join(str(reason).split())),
          file=sys.stderr)
    return code


if __name__ == '__main__':
    sys.exit(main())
