"""A stop in one line: what is left, how far it is, when it will be over.

The line is for ``systemctl status``.  Pure but for what it remembers: what
was left at earlier looks, of which the rest is a part.
"""

#: What stands first.
_TITLES = {'draining': 'draining', 'aborting': 'calling off'}


class Outlook:
    """Says how a stop is getting on."""

    def __init__(self):
        #: {key: per cent of it that is done, or None}
        self._done = {}

    def sentence(self, phase, pieces, exit_at=None):
        """Return the line.

        :param phase: name of the phase, e.g. 'draining'
        :param pieces: ``Piece`` objects that are left
        :param exit_at: when the process ends at the latest: an aware UTC
            datetime, or None
        """
        left = {piece.key for piece in pieces}
        self._note(pieces, left)
        title = _TITLES.get(phase, phase)
        if not pieces:
            return '%s: nothing is left' % title
        facts = ['%d of %d left' % (len(left), len(self._done))]
        if set(self._done.values()) != {None}:
            facts.append('%d %% done' % self._percent())
        ends = [piece.ends_at for piece in pieces]
        if None not in ends:
            facts.append('ends about ' + _moment(max(ends)))
        facts.append('no deadline' if exit_at is None
                     else 'by %s at the latest' % _moment(exit_at))
        return '%s: %s: %s' % (title, ', '.join(facts),
                               ', '.join(piece.text for piece in pieces))

    def _note(self, pieces, left):
        """Note how far each is; it never gets less, and ends with 100."""
        for piece in pieces:
            known = self._done.setdefault(piece.key, None)
            if piece.progress is not None:
                self._done[piece.key] = max(known or 0, piece.progress)
        for key in self._done.keys() - left:
            self._done[key] = 100

    def _percent(self):
        """Return how much is done of all that was ever left."""
        return sum(done or 0 for done in self._done.values()
                   ) // len(self._done)


class Piece:
    """A piece of work that is left, here or elsewhere.

    :ivar key: what it belongs to: the same at every look, and for all steps
        of an operation
    :ivar part: what it is itself
    :ivar text: for people
    :ivar phase: what it does, in words
    :ivar progress: per cent, or None
    :ivar remaining: bytes left to copy, or None
    :ivar ends_at: when it ends if it goes on like that, or None
    """

    def __init__(self, key, part, text, phase='', progress=None,
                 remaining=None, ends_at=None):
        self.key = key
        self.part = part
        self.text = text
        self.phase = phase
        self.progress = progress
        self.remaining = remaining
        self.ends_at = ends_at


def pieces_of(works, ties):
    """Return the ``Piece`` of each.

    :param works: ``tracker.Work`` objects
    :param ties: ``follower.Tie`` objects, or names
    """
    pieces = [
        Piece(work.operation_uuid or work.id, work.id, str(work), work.note,
              work.progress, work.remaining, work.ends_at)
        for work in works]
    for tie in ties:
        key = getattr(tie, 'key', None) or str(tie)
        pieces.append(Piece(
            key, key, '%s (on another host)' % tie,
            getattr(tie, 'phase', ''), getattr(tie, 'progress', None),
            getattr(tie, 'remaining', None)))
    return pieces


def _moment(at):
    return at.strftime('%H:%M:%S UTC')
