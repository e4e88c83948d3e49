"""Sphinx directives that draw nova_gs's own tables, so that none is copied.

``.. rpc-catalogue:: NEW_WORK``
    the RPC methods of a topic; with ``:brief:`` only what a stop does
``.. rpc-history::``
    what each version of the compute RPC brought
``.. phase-table::``
    what leads from one phase of a stop to the next
``.. exit-codes::``
    what a daemon's exit code says
"""

import re

from docutils.parsers import rst
from docutils import statemachine

from nova_gs.rpc import catalogue
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy


class TableDirective(rst.Directive):
    """A table made from rows of text; a subclass gives ``rows()``."""

    header = ()
    widths = 'auto'

    def rows(self):
        """Return the rows, each a list of RST texts."""
        raise NotImplementedError

    def run(self):
        lines = ['.. list-table::', '   :header-rows: 1',
                 '   :widths: %s' % self.widths, '']
        for row in [list(self.header)] + self.rows():
            for number, cell in enumerate(row):
                lines.append('   %s - %s' % ('*' if not number else ' ', cell))
        lines.append('')
        # Parsed where the directive stands, as if it had been written there.
        self.state_machine.insert_input(
            statemachine.StringList(lines, 'nova_gs'), 'nova_gs')
        return []


def _literal(value):
    return '``%s``' % value


class RpcCatalogue(TableDirective):
    """The rows of the catalogue for one topic."""

    required_arguments = 1
    option_spec = {'brief': rst.directives.flag}

    @property
    def header(self):
        header = ['What it asks for', 'While draining', 'While quiesced',
                  'On shutdown']
        return header if 'brief' in self.options else (
            ['Method'] + header + ['Kind', 'Since'])

    def rows(self):
        topic = catalogue.Topic[self.arguments[0]]
        return [self._cells(row) for row in catalogue.ROWS.values()
                if row.topic is topic]

    def _cells(self, row):
        cells = [row.while_draining.value.replace('_', ' '),
                 'yes' if row.lets_go else 'no',
                 row.on_shutdown.value]
        if 'brief' in self.options:
            return ['%s (%s)' % (row.sentence.rstrip('.'),
                                 _literal(row.name))] + cells
        return [_literal(row.name), row.sentence] + cells + [
            row.kind.value, row.since]


class RpcHistory(TableDirective):
    """What each version of the compute RPC brought, newest first."""

    header = ('Version', 'What it brought')

    def rows(self):
        return [list(entry) for entry in reversed(catalogue.COMPUTE_HISTORY)]


class PhaseTable(TableDirective):
    """The transitions of a stop."""

    header = ('In', 'on', 'goes to', 'and does')

    def rows(self):
        rows = [
            [phase.name, event.name, after.name,
             ', '.join(action.value.replace('_', ' ') for action in actions)
             or '(nothing)']
            for (phase, event), (after, actions) in phases.TRANSITIONS.items()]
        cuts = ' or '.join(sorted(event.name for event in phases.CUTS))
        after, actions = phases.follow(
            phases.Phase.SERVING, next(iter(phases.CUTS)))
        return rows + [['any of these', cuts, after.name, ', '.join(
            action.value.replace('_', ' ') for action in actions)]]


class ExitCodes(TableDirective):
    """The exit codes, with the remarks that stand beside them."""

    header = ('Code', 'Meaning')

    def rows(self):
        about = remarks(policy.__file__)
        return [[str(int(code)), about[code.name]]
                for code in policy.ExitCode]


def remarks(path):
    """Return {constant: the remark behind it} of a source file."""
    with open(path, encoding='utf-8') as source:
        found = re.findall(r'^ +([A-Z_]+) = .*?# (.*)$', source.read(), re.M)
    return {name: text[:1].upper() + text[1:] + '.'
            for name, text in found}


def setup(app):
    app.add_directive('rpc-catalogue', RpcCatalogue)
    app.add_directive('rpc-history', RpcHistory)
    app.add_directive('phase-table', PhaseTable)
    app.add_directive('exit-codes', ExitCodes)
    return {'parallel_read_safe': True}
