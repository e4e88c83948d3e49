"""``nova-manage recovery``: what a start made of what it found cut."""

import os

from nova_gs.cmd.manage import base
from nova_gs.compute import recovery_report

_COLUMNS = ('at', 'kind', 'instance_uuid', 'step', 'found', 'verdict', 'told')


def add(nouns):
    """Add the noun to the command line."""
    verbs = base.verbs(nouns, 'recovery', 'what a start found cut')
    reporting = base.telling(verbs, 'report', report)
    reporting.add_argument(
        'file', metavar='FILE', nargs='?',
        help='a report; without it %s in state_path' % recovery_report.FILE)


def report(conf, arguments):
    """Print what the last start of this host has settled."""
    found = recovery_report.read(arguments.file or os.path.join(
        conf.state_path, recovery_report.FILE))
    if arguments.json:
        base.show_json(found)
        return
    print('Start of %s at %s: %d operations had been cut.' % (
        found['host'], found['began_at'], len(found['settled'])))
    if found['settled']:
        base.show(_COLUMNS, found['settled'], as_json=False)
