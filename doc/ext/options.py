"""Sphinx directives that describe options.

``.. nova-options::``
    every option
``.. option-table:: graceful_shutdown_timeout shutdown``
    some, by their names or their group's, in a table

They read ``nova_gs.conf.list_opts`` themselves, so that the documentation can
be made from a tree that is not installed.
"""

from docutils.parsers import rst
from docutils import statemachine
import tables

from nova_gs import conf as nova_conf


def _default(opt):
    value = opt.sample_default if opt.sample_default is not None else (
        opt.default)
    if value in (None, '', [], {}):
        return 'none'
    return '``%s``' % value


def _bounds(opt):
    """Return what is said of an option's type: its name and its limits."""
    words = [getattr(opt.type, 'type_name', '').replace(' value', '')]
    for word, name in (('at least', 'min'), ('at most', 'max')):
        limit = getattr(opt.type, name, None)
        if limit is not None:
            words.append('%s %s' % (word, limit))
    return ', '.join(word for word in words if word)


def _describe(opt):
    """Return the lines about one option."""
    lines = ['``%s``' % opt.name,
             '   *%s; default:* %s' % (_bounds(opt), _default(opt)), '',
             '   ' + _escape(opt.help)]
    choices = getattr(opt.type, 'choices', None) or {}
    lines.extend(
        line for choice, about in choices.items()
        for line in ('', '   * ``%s``%s' % (
            choice, ': ' + about if about else '')))
    return lines + ['']


def _escape(text):
    return text.replace('\\', '\\\\').replace('*', '\\*').replace('`', '\\`')


class NovaOptions(rst.Directive):
    """All options, a definition list for each group."""

    def run(self):
        groups = {}
        for group, opts in nova_conf.list_opts():
            groups.setdefault(str(group or 'DEFAULT'), []).extend(opts)
        lines = []
        for group, opts in groups.items():
            lines += ['``[%s]``' % group, '-' * (len(group) + 6), '']
            for opt in sorted(opts, key=lambda opt: opt.name):
                lines += _describe(opt)
        self.state_machine.insert_input(
            statemachine.StringList(lines, 'nova_gs'), 'nova_gs')
        return []


class OptionTable(tables.TableDirective):
    """The options that are named, or whose group is."""

    required_arguments = 1
    final_argument_whitespace = True
    header = ('Option', 'Default', 'What it does')

    def rows(self):
        rows, wanted = [], self.arguments[0].split()
        for name in wanted:
            found = [[_named(group, opt), _default(opt), _escape(opt.help)]
                     for group, opts in nova_conf.list_opts() for opt in opts
                     if name in (opt.name, str(group))]
            if not found:
                raise self.error('There is no option %s.' % name)
            rows += found
        return rows


def _named(group, opt):
    if group is None or str(group) == 'DEFAULT':
        return '``%s``' % opt.name
    return '``[%s]`` ``%s``' % (group, opt.name)


def setup(app):
    app.add_directive('option-table', OptionTable)
    app.add_directive('nova-options', NovaOptions)
    return {'parallel_read_safe': True}
