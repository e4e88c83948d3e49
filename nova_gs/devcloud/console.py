"""What a ticker's console says of it: boots, lost ticks, bad memory."""

import dataclasses
import re

_LINE = re.compile(
    r'TICK (?P<name>\S+) (?P<nonce>[0-9A-F]{8}) (?P<line>[0-9A-F]{8})'
    r' (?P<round>[0-9A-F]{8}) (?P<bad>[0-9A-F]{8})\s*\n', re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Continuity:
    """How unbroken a guest's life was, as far as its console shows it.

    ``ticks_repeated`` is more than zero when two copies of the guest ran, or
    when it went on from an old state.
    """

    boots_seen: int = 0
    ticks_seen: int = 0
    ticks_lost: int = 0
    ticks_repeated: int = 0
    memory_errors: int = 0
    rounds: int = 0

    @property
    def unbroken(self):
        """Return whether one boot was seen, whole and sound."""
        return (self.boots_seen == 1 and not self.ticks_lost
                and not self.ticks_repeated and not self.memory_errors)


def whole(line):
    """Return a line, bytes, if it is one as a ticker writes it, else None."""
    return line if _LINE.fullmatch(line.decode('latin-1')) else None


def read(text):
    """Return the Continuity of a console log; unfinished lines are passed by.

    :param text: str or bytes, from any line on
    """
    if isinstance(text, bytes):
        text = text.decode('latin-1')
    boots = {}
    for match in _LINE.finditer(text):
        boots.setdefault(match['nonce'], []).append(
            tuple(int(match[key], 16) for key in ('line', 'round', 'bad')))
    lives = [_one_boot(lines) for lines in boots.values()]
    return Continuity(
        boots_seen=len(lives),
        ticks_seen=sum(life.ticks_seen for life in lives),
        ticks_lost=sum(life.ticks_lost for life in lives),
        ticks_repeated=sum(life.ticks_repeated for life in lives),
        memory_errors=sum(life.memory_errors for life in lives),
        rounds=max([life.rounds for life in lives], default=0))


def _one_boot(lines):
    numbers = [line for line, _round, _bad in lines]
    distinct = set(numbers)
    return Continuity(
        boots_seen=1,
        ticks_seen=len(distinct),
        ticks_lost=max(distinct) - min(distinct) + 1 - len(distinct),
        ticks_repeated=len(numbers) - len(distinct),
        memory_errors=max(bad for _line, _round, bad in lines),
        rounds=max(turn for _line, turn, _bad in lines))
