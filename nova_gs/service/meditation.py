"""The Guru Meditation Report: what a process does at the moment, on SIGUSR2.

It is asked for when something is wrong, so it needs as little as possible of
what may be stuck: it is made in a native thread, takes no lock of ours, asks
nobody, and gives up on a reader who does not read.  oslo.reports is loaded
only then, since most processes never need it.
"""

import os
import sys
import threading

from nova_gs import concurrency
from nova_gs.shutdown import native
from nova_gs import version

#: Seconds without any progress after which standard error is given up.
PATIENCE = 5

_STDERR = 2
_TIME = '%Y-%m-%d %H:%M:%S UTC'


class Meditation:
    """Writes the reports of one process.

    :param conf: ConfigOpts
    :param clock: Clock
    :param sections: {title: callable() -> lines} of the process's own
    """

    def __init__(self, conf, clock, sections):
        self._conf = conf
        self._clock = clock
        self._sections = sections

    def write(self):
        """Write a report to where the options say; never raises."""
        try:
            self._put(self.text())
        except Exception as error:
            self._say('The Guru Meditation Report could not be written: '
                      '%s.\n' % error)

    def text(self):
        """Return a report; a section that fails says so in its place."""
        from oslo_reports.generators import conf as conf_generator
        from oslo_reports.generators import process
        from oslo_reports.generators import version as version_generator
        from oslo_reports import report
        made = report.TextReport('Guru Meditation')
        sections = {
            'Package': version_generator.PackageReportGenerator(_Package),
            **{title: _lined(lines)
               for title, lines in self._sections.items()},
            'Threads': _threads,
            'Processes': process.ProcessReportGenerator(),
            'Configuration': conf_generator.ConfigReportGenerator(
                self._conf),
        }
        if concurrency.current() is concurrency.Mode.EVENTLET:
            sections['Green Threads'] = _green_threads
        for title, generator in sections.items():
            made.add_section(title, _guarded(generator))
        return made.run() + '\n'

    def _put(self, text):
        folder = self._conf.oslo_reports.log_dir
        if not folder:
            self._say(text)
            return
        path = os.path.join(folder, '%s_gurumeditation_%s_%d' % (
            self._conf.prog, self._clock.utcnow().strftime('%Y%m%d%H%M%S'),
            os.getpid()))
        try:
            _append(path, text)
        except OSError as error:
            self._say('[oslo_reports] log_dir: %s cannot be written (%s), so '
                      'the report comes here.\n%s' % (
                          path, error.strerror, text))
        else:
            self._say('Guru Meditation Report: %s\n' % path)

    def _say(self, text):
        try:
            native.write_lines(_STDERR, text, PATIENCE)
        except OSError:
            pass  # nobody reads there, and there is nowhere else


class _Package:
    """What oslo.reports asks a version object for."""

    @staticmethod
    def product_string():
        return version.PACKAGE

    @staticmethod
    def version_string_with_package():
        return version.version_string()


def _append(path, text):
    # Not for everybody: options tell much about a cloud.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT
                         | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    with os.fdopen(descriptor, 'w', encoding='utf-8',
                   errors='replace') as out:
        out.write(text)


def _guarded(generator):
    def generate():
        try:
            model = generator()
            if not isinstance(model, str):
                # Here rather than by the library: its views may fail, too.
                model.set_current_view_type('text')
            return str(model)
        except Exception as error:
            return 'This section could not be made: %r\n' % error
    return generate


def _lined(lines):
    def generate():
        return '\n'.join(lines()) + '\n'
    return generate


def _threads():
    """Return the stacks of all threads, with the threads' names."""
    from oslo_reports.models import threading as models
    from oslo_reports.models import with_default_views
    from oslo_reports.views.text import generic
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return with_default_views.ModelWithDefaultViews({
        ident: models.ThreadModel(
            '%s %s' % (ident, names.get(ident, '(not ours)')), frame)
        for ident, frame in sys._current_frames().items()
    }, text_view=generic.MultiView())


def _green_threads():
    from oslo_reports.generators import threading as generator
    return generator.GreenThreadReportGenerator()()


def of_daemon(daemon):
    """Return the sections that every daemon has.

    :param daemon: ``daemon.Daemon``
    :returns: {title: callable() -> lines}
    """
    return {
        'Stop': lambda: _stop(daemon),
        'Work': lambda: _works(daemon),
        'Operations': daemon.operations_known,
    }


def _stop(daemon):
    coordinator, now = daemon.coordinator, daemon.clock.now()
    *earlier, entry = coordinator.history
    yield 'host: %s' % daemon.host
    yield 'phase: %s since %s (%.1f s), because of %s' % (
        entry.phase.value, entry.wall.strftime(_TIME), now - entry.at,
        entry.why)
    for before in earlier:
        yield 'before: %s since %s, because of %s' % (
            before.phase.value, before.wall.strftime(_TIME), before.why)
    yield 'start: %s' % (
        'complete' if daemon.start_ended.is_set() else 'under way')
    yield from _deadlines(coordinator.deadlines, now)
    yield 'intake: %s' % (
        'closed' if daemon.intake_closed.is_set() else 'open')
    yield 'gate: %s' % daemon.gate.openness.value
    refused = daemon.gate.refused
    for name in sorted(refused):
        yield 'refused: %s, %d times' % (name, refused[name])


def _deadlines(deadlines, now):
    known = [(what, at) for what, at in (
        ('work is called off', deadlines.abort_at),
        ('work is left', deadlines.release_at),
        ('exit', deadlines.exit_at)) if at is not None]
    for what, at in known:
        yield 'deadline: %s in %.1f s' % (what, at - now)
    if not known:
        yield 'deadline: none'


def _works(daemon):
    works, now = daemon.tracker.list(), daemon.clock.now()
    if not works:
        yield 'nothing runs'
    for work in works:
        yield '%s: operation %s, instance %s' % (
            work.name, work.operation_uuid or '-', work.instance_uuid or '-')
        yield '  since %s (%.1f s); at a deadline: %s' % (
            work.began_at.strftime(_TIME), now - work.since,
            work.on_shutdown.value)
        if work.note or work.progress is not None:
            yield '  %s' % ', '.join(filter(None, (
                work.note, work.progress is not None
                and '%d %%' % work.progress)))
