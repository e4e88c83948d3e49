"""Sphinx directives that draw nova_gs's own tables, so that none is copied.

``.. rpc-catalogue:: NEW_WORK``
    the RPC methods of a topic; with ``:brief:`` only what a stop does
``.. rpc-history::``
    what each version of the compute RPC brought
``.. phase-table::``
    what leads from one phase of a stop to the next
``.. exit-codes::``
    what a daemon's exit code says
``.. recovery-table::``
    what a start makes of each step that was cut
``.. operation-tables::``
    a section for each kind of operation: where its messages go and why, what
    a stop does with each, and what a start makes of it
"""

import re

from docutils.parsers import rst
from docutils import statemachine

from nova_gs.compute import verdicts
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
            ['Method'] + header + ['Kind', 'Since', 'Why there'])

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
            row.kind.value, row.since, row.why.value]


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


class RecoveryTable(TableDirective):
    """What a start makes of a step, by what the hypervisor says."""

    header = ('Step', 'The guest', 'Verdict', 'What is told')

    def rows(self):
        return [self._cells(step, row)
                for step, rows in verdicts.TABLE.items()
                for row in dict.fromkeys(rows.values())]

    @staticmethod
    def _cells(step, row):
        found = [one.value for one, other in verdicts.TABLE[step].items()
                 if other == row]
        whatever = len(found) == len(verdicts.Found)
        return [_literal(step), '(whatever it is)' if whatever
                else '; '.join(found), row.verdict.value, row.told]


class OperationTables(rst.Directive):
    """What there is to know of each operation, phase by phase."""

    def run(self):
        lines = []
        for kind, steps in catalogue.OPERATIONS.items():
            title = kind.replace('-', ' ').capitalize()
            lines += [title, '-' * len(title), '']
            lines += ['.. operation-table:: ' + ' '.join(steps), '']
        self.state_machine.insert_input(
            statemachine.StringList(lines, 'nova_gs'), 'nova_gs')
        return []


class OperationTable(TableDirective):
    """The phases of one operation."""

    required_arguments = 1
    final_argument_whitespace = True
    header = ('Phase', 'Server, and why', 'While draining',
              'If a stop finds it running', 'After a kill')
    widths = '28 28 10 10 24'

    def rows(self):
        return [self._cells(catalogue.ROWS[step])
                for step in self.arguments[0].split()]

    @staticmethod
    def _cells(row):
        return ['%s (%s)' % (row.sentence.rstrip('.'), _literal(row.name)),
                '%s: %s' % (_literal(row.topic.value), row.why.value),
                row.while_draining.value.replace('_', ' '),
                row.on_shutdown.value, after_a_kill(row)]


def after_a_kill(row):
    """Return what becomes of a step whose executor was killed in it.

    :param row: of the catalogue
    """
    if row.kind is catalogue.Kind.CALL:
        return 'Whoever asked is told, and asks again or undoes what was done.'
    if row.role is catalogue.Role.READ:
        return 'It stands on record, where those look who wait for it.'
    if catalogue.is_conductor_step(row.name):
        return 'Another conductor, or the next, begins it again.'
    found = {}
    for one, decision in verdicts.TABLE[row.name].items():
        found.setdefault(decision.verdict, []).append(one.value)
    if len(found) == 1:
        return '%s, wherever the guest is.' % next(iter(found)).value
    return '; '.join('%s: the guest %s' % (verdict.value, ', or '.join(ones))
                     for verdict, ones in found.items()) + '.'


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
    app.add_directive('recovery-table', RecoveryTable)
    app.add_directive('operation-table', OperationTable)
    app.add_directive('operation-tables', OperationTables)
    return {'parallel_read_safe': True}
