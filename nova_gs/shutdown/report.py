"""The report of a stop: what ran, what became of it, how long it took.

The classes below are the schema; nothing else knows the names in the file.
"""

import dataclasses
import json
import logging
import os
import tempfile

from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)

#: Grows when a name in the file changes its meaning or goes away.
SCHEMA = 1


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

    name: str
    operation_uuid: str | None
    instance_uuid: str | None
    on_shutdown: str  # value of policy.OnShutdown
    began_at: str     # UTC, ISO 8601
    note: str         # what it last said of itself
    progress: int | None
    fate: str         # value of policy.Fate

    @classmethod
    def of(cls, work, fate):
        """Make the record of a ``tracker.Work``."""
        return cls(name=work.name, operation_uuid=work.operation_uuid,
                   instance_uuid=work.instance_uuid,
                   on_shutdown=work.on_shutdown.value,
                   began_at=work.began_at.isoformat(), note=work.note,
                   progress=work.progress, fate=fate.value)


@dataclasses.dataclass(frozen=True)
class DrainReport:
    """Everything that is said of a stop."""

    host: str
    pid: int
    written_at: str
    budget_seconds: float            # 0: without end
    deadline: str | None
    exit_code: int                   # value of policy.ExitCode
    outcome: str                     # its name
    phases: list = dataclasses.field(default_factory=list)
    works: list = dataclasses.field(default_factory=list)
    left_elsewhere: list = dataclasses.field(default_factory=list)
    refused: dict = dataclasses.field(default_factory=dict)
    schema: int = SCHEMA

    def to_dict(self):
        """Return the report as plain dicts and lists."""
        return dataclasses.asdict(self)

    def write(self, path):
        """Write the report as JSON, whole or not at all.

        :param path: the file; one that is there is replaced
        :raises OSError: when it cannot be written
        """
        folder = os.path.dirname(os.path.abspath(path))
        with tempfile.NamedTemporaryFile(
                'w', encoding='utf-8', dir=folder, prefix='.report-',
                delete=False) as part:
            try:
                json.dump(self.to_dict(), part, indent=2, sort_keys=True)
                part.write('\n')
                part.flush()
                os.fsync(part.fileno())
                os.chmod(part.name, 0o644)
                os.replace(part.name, path)
            except BaseException:
                os.unlink(part.name)
                raise

    def lines(self):
        """Return the report as a handful of lines for the log."""
        counts = [
            '%d %s' % (len(self.with_fate(fate)), fate.value)
            for fate in policy.Fate if self.with_fate(fate)]
        passed = ', '.join('%s %.1f s' % (step.phase, step.seconds)
                           for step in self.phases)
        lines = ['Stop of %s: exit code %d (%s). Phases: %s.' % (
            self.host, self.exit_code, self.outcome, passed or 'none')]
        lines.append('Work: %s; %d requests refused.' % (
            ', '.join(counts) or 'none', sum(self.refused.values())))
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
