"""Which notification follows from which phase."""

from nova_gs.notifications import news
from nova_gs.shutdown import phases
from tests.unit import base

P = phases.Phase
BEGIN, PROGRESS, END = news.News

TABLE = (
    (P.SERVING, P.QUIESCED, (BEGIN,)),
    (P.QUIESCED, P.SERVING, (END,)),
    (P.SERVING, P.DRAINING, (BEGIN,)),
    (P.QUIESCED, P.DRAINING, (PROGRESS,)),
    (P.DRAINING, P.ABORTING, (PROGRESS,)),
    (P.DRAINING, P.RELEASING, (END,)),
    (P.ABORTING, P.RELEASING, (END,)),
    (P.RELEASING, P.STOPPED, ()),
    # The exit code that was told is not the one that it ends with.
    (P.RELEASING, P.FORCED, (END,)),
    (P.SERVING, P.FORCED, (BEGIN, END)),
    (P.QUIESCED, P.FORCED, (END,)),
    (P.DRAINING, P.FORCED, (END,)),
    (P.ABORTING, P.FORCED, (END,)),
)


class TestNews(base.TestCase):

    def test_table(self):
        for before, after, expected in TABLE:
            self.assertEqual(expected, news.of_change(before, after),
                             (before, after))

    def test_every_change_that_there_is(self):
        changes = {(before, after) for before, _, after in _changes()}
        self.assertEqual(changes, {row[:2] for row in TABLE})

    def test_goes_on(self):
        self.assertEqual(
            {P.QUIESCED, P.DRAINING, P.ABORTING},
            {phase for phase in P if news.goes_on(phase)})


def _changes():
    """Yield each (phase, event, another phase) that can follow."""
    for phase in P:
        for event in phases.Event:
            after, _ = phases.follow(phase, event)
            if after is not phase:
                yield phase, event, after
