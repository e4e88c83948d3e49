"""What the commands of nova-manage share: parsing, records, printing."""

import argparse
import json
import sys

import prettytable

from nova_gs.db import store

PROGRAM = 'nova-manage'


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message):
        self.exit(2, '%s: %s. See %s --help.\n' % (
            PROGRAM, message, self.prog))


def verbs(nouns, name, text):
    """Add a noun and return what its verbs are added to.

    :param text: what the help says of it
    """
    parser = nouns.add_parser(name, help=text)
    return parser.add_subparsers(dest='verb', required=True, metavar='VERB')


def verb(added_to, name, run):
    """Add a verb and return its parser.

    :param run: function(conf, arguments) that does it; the first line of
        its docstring is the help
    """
    parser = added_to.add_parser(name, help=run.__doc__.splitlines()[0])
    parser.set_defaults(run=run)
    return parser


def telling(added_to, name, run):
    """Add a verb that prints records; returns its parser."""
    parser = verb(added_to, name, run)
    parser.add_argument('--json', action='store_true',
                        help='print JSON with all there is to know')
    return parser


def records(conf):
    """Return the store.

    :raises: ConfigurationError unless its schema is this release's
    """
    found = store.Store(conf)
    found.require_schema()
    return found


def show(columns, rows, as_json):
    """Print records, a row each, or everything of them as a JSON list."""
    if as_json:
        show_json(rows)
        return
    table = prettytable.PrettyTable(columns)
    table.align = 'l'
    table.add_rows([[_cell(row[name]) for name in columns] for row in rows])
    print(table)


def show_one(columns, row, as_json):
    """Print one record, a field a line, or everything of it as JSON."""
    if as_json:
        show_json(row)
        return
    table = prettytable.PrettyTable(('field', 'value'))
    table.align = 'l'
    table.add_rows([[name, _cell(row[name])] for name in columns])
    print(table)


def show_json(what):
    """Print JSON; times become text."""
    print(json.dumps(what, default=str, indent=2))


def fail(reason, code):
    """Say why in one line; returns the exit code."""
    print('%s: %s' % (PROGRAM, ' '.join(str(reason).split())),
          file=sys.stderr)
    return code


def _cell(value):
    if value is None:
        return '-'
    return '%.1f' % value if isinstance(value, float) else value
