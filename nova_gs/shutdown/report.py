"""The report of a stop: what ran, what became of it, how long it took.

The classes below are the schema; nothing else knows the names in the file.
"""

import contextlib
import dataclasses
import json
import logging
import os

from nova_gs import exception
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)

#: Its name in the state path.
FILE = 'drain-report.json'

#: Grows when a name in the file is added, changes its meaning or goes away.
#: 2 brought the end, kind and request of works, the deadlines, what was
#: handed back, and events; 3 the ends of the lease.
SCHEMA = 3


@dataclasses.dataclass(frozen=True)
class PhaseRecord:
    """One phase that the service went through."""

    phase: str        # value of phases.Phase
    entered_at: str   # UTC, ISO 8601
    seconds: float    # how long it lasted (so far)
    why: str          # value of phases.Event, or 'start'


@dataclasses.dataclass(frozen=True)
class WorkRecord:
    """One piece of work that the stop found or let in."""

    name: str         # the RPC method that it began as
    operation_uuid: str | None
    instance_uuid: str | None
    on_shutdown: str  # value of policy.OnShutdown
    began_at: str     # UTC, ISO 8601
    note: str         # what it last said of itself
    progress: int | None
    fate: str         # value of policy.Fate
    ended_at: str | None = None    # UTC, ISO 8601; None: it did not end here
    kind: str | None = None        # what the operation is for
    request_id: str | None = None  # of the request that asked for it

    @classmethod
    def of(cls, work, fate):
        """Make the record of a ``tracker.Work``."""
        ended_at = None if fate is policy.Fate.LEFT else work.ended_at
        return cls(name=work.name, operation_uuid=work.operation_uuid,
                   instance_uuid=work.instance_uuid,
                   on_shutdown=work.on_shutdown.value,
                   began_at=work.began_at.isoformat(), note=work.note,
                   progress=work.progress, fate=fate.value,
                   ended_at=ended_at and ended_at.isoformat(),
                   kind=work.kind, request_id=work.request_id)


@dataclasses.dataclass(frozen=True)
class EventRecord:
    """Something that happened and did not lead to another phase."""

    at: str    # UTC, ISO 8601
    text: str  # value of phases.Event or of lease.Remark


@dataclasses.dataclass(frozen=True)
class DrainReport:
    """Everything that is said of a stop."""

    host: str
    pid: int
    written_at: str
    budget_seconds: float            # 0: without end
    deadline: str | None             # when it had to be gone, as it was last
    exit_code: int                   # value of policy.ExitCode
    outcome: str                     # its name
    phases: list = dataclasses.field(default_factory=list)
    works: list = dataclasses.field(default_factory=list)
    left_elsewhere: list = dataclasses.field(default_factory=list)
    refused: dict = dataclasses.field(default_factory=dict)
    #: {'abort_at', 'release_at', 'exit_at': UTC, ISO 8601, or None}
    deadlines: dict = dataclasses.field(default_factory=dict)
    #: UUIDs of operations that were not begun and stay offered
    handed_back: list = dataclasses.field(default_factory=list)
    events: list = dataclasses.field(default_factory=list)
    #: Until when the init system lets the stop go on: as it was at first,
    #: and as it was last if that is another time (UTC, ISO 8601)
    lease_ends: list = dataclasses.field(default_factory=list)
    schema: int = SCHEMA

    @classmethod
    def read(cls, path):
        """Return the report that stands in a file.

        :raises OSError: when it cannot be read
        :raises Invalid: when it is not the report of a stop
        """
        with open(path, encoding='utf-8') as stream:
            try:
                return cls.from_dict(json.load(stream))
            except (TypeError, ValueError, AttributeError) as error:
                raise exception.Invalid(
                    reason='%s is not the report of a stop: %s. Name a file '
                           'that nova-compute wrote.' % (path, error))

    @classmethod
    def from_dict(cls, words):
        """Return a report made of what ``to_dict`` gave.

        What an earlier schema did not have yet stays empty.

        :raises Invalid: when it is of a later schema
        :raises TypeError, ValueError, AttributeError: when it is none
        """
        schema = words.get('schema')
        if not isinstance(schema, int):
            raise ValueError('it has no schema')
        if schema > SCHEMA:
            raise exception.Invalid(
                reason='The report has schema %d, and this release knows '
                       'them up to %d. Read it with the release that wrote '
                       'it.' % (schema, SCHEMA))
        known = _pick(cls, words)
        for name, kind in (('phases', PhaseRecord), ('works', WorkRecord),
                           ('events', EventRecord)):
            known[name] = [kind(**_pick(kind, one))
                           for one in known.get(name, ())]
        return cls(**known)

    def to_dict(self):
        """Return the report as plain dicts and lists."""
        return dataclasses.asdict(self)

    def write(self, path):
        """Write the report as JSON, whole or not at all.

        :param path: the file; one that is there is replaced
        :raises OSError: when it cannot be written
        """
        replace(path, self.to_dict())

    def lines(self):
        """Return the report as a handful of lines for the log."""
        counts = [
            '%d %s' % (len(self.with_fate(fate)), fate.value)
            for fate in policy.Fate if self.with_fate(fate)]
        passed = ', '.join('%s %.1f s' % (step.phase, step.seconds)
                           for step in self.phases)
        lines = ['Stop of %s: exit code %d (%s). Phases: %s.' % (
            self.host, self.exit_code, self.outcome, passed or 'none')]
        lines.append('Work: %s; %d requests refused, %d handed back.' % (
            ', '.join(counts) or 'none', sum(self.refused.values()),
            len(self.handed_back)))
        lines.extend(
            'Left, to be taken up by the next start: %s, operation %s, '
            'instance %s.' % (work.name, work.operation_uuid or '-',
                              work.instance_uuid or '-')
            for work in self.with_fate(policy.Fate.LEFT))
        if self.left_elsewhere:
            lines.append('Still open on other hosts: %s.' % ', '.join(
                self.left_elsewhere))
        return lines

    def log(self):
        """Write ``lines`` to the log; work that was left is a warning."""
        level = logging.INFO if self.exit_code == 0 else logging.WARNING
        for line in self.lines():
            LOG.log(level, '%s', line)

    def with_fate(self, fate):
        """Return the works that ended like this (a ``policy.Fate``)."""
        return [work for work in self.works if work.fate == fate.value]


def replace(path, words):
    """Write a dict into a file as JSON, whole or not at all.

    :param path: the file; one that is there is replaced
    :raises OSError: when it cannot be written
    """
    part = path + '.new'
    try:
        with open(part, 'w', encoding='utf-8') as stream:
            json.dump(words, stream, indent=2, sort_keys=True)
            stream.write('\n')
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _pick(kind, words):
    """Return what a class knows of a dict; later releases say more."""
    return {field.name: words[field.name]
            for field in dataclasses.fields(kind) if field.name in words}
