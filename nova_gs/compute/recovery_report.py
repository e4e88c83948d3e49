"""The report of a start: what it found cut, and what it made of it.

It is a file in the state path, replaced by the next start, and is read by
``nova-manage recovery report``.  What is settled later is added later.
"""

import dataclasses
import json
import os
import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.shutdown import report

LOG = logging.getLogger(__name__)

#: Its name in the state path.
FILE = 'recovery-report.json'


@dataclasses.dataclass(frozen=True)
class Entry:
    """One operation that was cut."""

    at: str             # when it was settled: UTC, ISO 8601
    operation_uuid: str
    instance_uuid: str
    kind: str
    step: str           # that was cut
    found: str          # value of verdicts.Found; '' when nobody had to look
    verdict: str        # value of verdicts.Verdict
    told: str


class RecoveryReport:
    """Collects the entries of one start, and keeps the file up to date.

    :param path: of the file; its directory may be missing: then there is
        no file
    :param host: name of the host
    :param clock: Clock
    """

    def __init__(self, path, host, clock):
        self._path = path
        self._host = host
        self._clock = clock
        self._lock = threading.Lock()
        self._began_at = clock.utcnow().isoformat()
        self._entries = []

    def add(self, operation, found, row):
        """Note what became of an operation.

        :param operation: objects.Operation as it was found
        :param found: verdicts.Found, or None
        :param row: verdicts.Row
        """
        with self._lock:
            self._entries.append(Entry(
                at=self._clock.utcnow().isoformat(),
                operation_uuid=operation.uuid,
                instance_uuid=operation.instance_uuid, kind=operation.kind,
                step=operation.step, found=found.value if found else '',
                verdict=row.verdict.value, told=row.told))
        self.write()

    def write(self):
        """Write the file anew; that it cannot be is only said."""
        with self._lock:
            words = {'host': self._host, 'began_at': self._began_at,
                     'settled': [dataclasses.asdict(entry)
                                 for entry in self._entries]}
            try:
                report.replace(self._path, words)
            except FileNotFoundError:
                return
            except OSError as error:
                reason = error.strerror
            else:
                return
        LOG.warning('What this start has settled could not be written to '
                    '%s: %s', self._path, reason)


def read(path):
    """Return what a file says as a dict: host, began_at, settled.

    :raises: NotFound, Invalid
    """
    try:
        with open(path, encoding='utf-8') as stream:
            words = json.load(stream)
        return {'host': words['host'], 'began_at': words['began_at'],
                'settled': [dataclasses.asdict(Entry(**entry))
                            for entry in words['settled']]}
    except FileNotFoundError:
        raise exception.NotFound(
            'There is no report at %s. nova-compute writes it on its host '
            'when it starts; name the FILE if it is elsewhere.' % path)
    except (TypeError, ValueError, KeyError) as error:
        raise exception.Invalid(
            reason='%s is not the report of a start: %s. Name a file that '
                   'nova-compute wrote.' % (os.path.abspath(path), error))
