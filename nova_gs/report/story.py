"""The report of a stop as a story: everything in seconds from its beginning.

Table and timeline tell the same story, so what they say of a work or of a
deadline is decided here, once, without a word of layout.
"""

import dataclasses
import datetime

from nova_gs import exception
from nova_gs.shutdown import lease
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy

#: What led to a phase or stands for itself, by the event in the report.
CAUSES = {
    'start': 'start',
    phases.Event.TERM.value: 'SIGTERM',
    phases.Event.QUIT.value: 'SIGQUIT',
    phases.Event.IDLE.value: 'all work had ended',
    phases.Event.ABORT_DUE.value: 'no time left to complete',
    phases.Event.RELEASE_DUE.value: 'no time left to call off',
    phases.Event.EXIT_DUE.value: 'no time left at all',
    phases.Event.RELEASED.value: 'the host was tidy',
    phases.Event.QUIESCE.value: 'an operator asked for it',
    phases.Event.RESUME.value: 'an operator took it back',
    lease.Remark.EXTENDED.value:
        'work moved, and systemd was asked for more time',
    lease.Remark.NOT_EXTENDED.value:
        'nothing moved, and systemd was asked for no more time',
}

#: What each deadline of the report means, in the order they come.
DEADLINES = (
    ('abort_at', 'call off'),
    ('release_at', 'let go'),
    ('exit_at', 'exit'),
)

#: A lease that is not the time for the exit is a deadline of its own; two
#: instants so close, in seconds, are the same.
SAME = 0.5

#: In which order fates are shown: what needs somebody first.
FATES = (policy.Fate.LEFT, policy.Fate.ABORTED, policy.Fate.FINISHED)

_SERVING = phases.Phase.SERVING.value
_QUIESCED = phases.Phase.QUIESCED.value


@dataclasses.dataclass(frozen=True)
class Band:
    """One phase: from when to when, and what led to it."""

    name: str
    start: float
    end: float
    cause: str


@dataclasses.dataclass(frozen=True)
class Bar:
    """One work: from when to when; ``start`` may be below 0."""

    work: object          # report.WorkRecord
    fate: policy.Fate
    start: float
    end: float

    @property
    def seconds(self):
        """How long it ran, as far as the report knows."""
        return self.end - self.start

    @property
    def name(self):
        """The work's name, in words."""
        return self.work.name.replace('_', ' ')

    @property
    def remark(self):
        """What became of it, in a few words."""
        if self.fate is policy.Fate.FINISHED:
            return 'finished'
        words = 'called off' if self.fate is policy.Fate.ABORTED else 'left'
        if self.work.progress is None:
            return words
        return '%s at %d %%' % (words, self.work.progress)


@dataclasses.dataclass(frozen=True)
class Mark:
    """An instant: a deadline, or an event."""

    at: float
    text: str


@dataclasses.dataclass(frozen=True)
class Story:
    """What happened; all times in seconds from ``began``."""

    report: object        # report.DrainReport
    began: datetime.datetime
    seconds: float
    bands: list
    bars: list
    deadlines: list
    events: list

    def with_fate(self, fate):
        """Return the bars of one ``policy.Fate``."""
        return [bar for bar in self.bars if bar.fate is fate]

    @property
    def quiesced(self):
        """How many of the seconds it was only quiesced, and did not stop."""
        return sum(band.end - band.start for band in self.bands
                   if band.name == _QUIESCED)

    @property
    def refusals(self):
        """How many requests were refused."""
        return sum(self.report.refused.values())


def tell(report):
    """Return the ``Story`` of a report.

    :param report: ``shutdown.report.DrainReport``
    :raises Invalid: when a time or a fate in it makes no sense
    """
    try:
        return _tell(report)
    except (TypeError, ValueError) as error:
        raise exception.Invalid(
            reason='The report makes no sense: %s. Name one that '
                   'nova-compute wrote.' % error)


def _tell(report):
    written = _instant(report.written_at)
    passed = _of_the_stop(report.phases)
    began = _instant(passed[0].entered_at) if passed else written

    def seconds(text):
        return (_instant(text) - began).total_seconds()

    end = max([seconds(report.written_at)] + [
        seconds(step.entered_at) + step.seconds for step in passed])
    bands = [Band(step.phase, seconds(step.entered_at),
                  seconds(step.entered_at) + step.seconds,
                  CAUSES.get(step.why, step.why)) for step in passed]
    return Story(
        report=report, began=began, seconds=max(end, 0.0), bands=bands,
        bars=_bars(report.works, seconds, end),
        deadlines=_deadlines(report, seconds),
        events=[Mark(seconds(event.at), CAUSES.get(event.text, event.text))
                for event in report.events if seconds(event.at) >= 0])


def _deadlines(report, seconds):
    """Return the deadlines, and the ends of a lease that has moved."""
    marks = [Mark(seconds(report.deadlines[name]), text)
             for name, text in DEADLINES if report.deadlines.get(name)]
    if len(report.lease_ends) > 1:
        first, last = report.lease_ends
        marks += [Mark(seconds(at), text) for at, text in (
            (first, 'first lease'), (last, 'lease')) if at]
    kept = []
    for mark in marks:
        if mark.text != 'lease' or all(
                abs(mark.at - other.at) > SAME for other in kept):
            kept.append(mark)
    return sorted(kept, key=lambda mark: mark.at)


def _of_the_stop(records):
    """Return the phases since the host last served."""
    passed = []
    for record in reversed(records):
        if record.phase == _SERVING:
            break
        passed.insert(0, record)
    return passed


def _bars(works, seconds, end):
    bars = [Bar(work, policy.Fate(work.fate), seconds(work.began_at),
                seconds(work.ended_at) if work.ended_at else end)
            for work in works]
    return sorted(bars, key=lambda bar: (FATES.index(bar.fate), bar.start,
                                         bar.end))


def _instant(text):
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        return at.replace(tzinfo=datetime.timezone.utc)
    return at
