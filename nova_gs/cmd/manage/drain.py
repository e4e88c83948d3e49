"""``nova-manage drain``: what became of a stop."""

import os

from nova_gs.cmd.manage import base
from nova_gs import exception
from nova_gs.report import page
from nova_gs.report import story
from nova_gs.report import table
from nova_gs.shutdown import report as reports


def add(nouns):
    """Add the noun to the command line."""
    verbs = base.verbs(nouns, 'drain', 'what became of a stop')
    reporting = base.telling(verbs, 'report', report)
    reporting.add_argument(
        'file', metavar='FILE', nargs='?',
        help='a report; without it %s in state_path' % reports.FILE)
    reporting.add_argument(
        '--html', metavar='OUT',
        help='draw a timeline into this file instead, one page that needs '
             'nothing else')


def report(conf, arguments):
    """Print what a stop of this host did, as a table or as a timeline."""
    path = arguments.file or os.path.join(conf.state_path, reports.FILE)
    found = _read(path)
    if arguments.json:
        base.show_json(found.to_dict())
        return
    told = story.tell(found)
    if arguments.html is None:
        for line in table.render(told):
            print(line)
        return
    with open(arguments.html, 'w', encoding='utf-8') as out:
        out.write(page.render(told))
    print('The timeline of the stop of %s is in %s.' % (
        found.host, arguments.html))


def _read(path):
    try:
        return reports.DrainReport.read(path)
    except FileNotFoundError:
        raise exception.NotFound(
            'There is no report at %s. nova-compute writes it on its host '
            'when it stops; name the FILE if it is elsewhere.' % path)
