"""Which calls may be begun, by what is known of their callers."""

from nova_gs.rpc import freshness
from tests.fixtures import clock
from tests.unit import base

#: A channel to the broker, and the next one.
WAY, NEXT_WAY = object(), object()

STILL = freshness.STOOD_STILL


class TestHeard(base.TestCase):

    def test_what_is_sent_is_heard(self):
        asked = freshness.Asked(60, ('one', 'two'))
        self.assertEqual(asked, freshness.heard(
            {freshness.KEY: asked.to_wire()}))

    def test_who_does_not_say(self):
        """Older peers say nothing; nonsense is nothing, too."""
        for said in (None, 60, 'x', [], {}, {'waits': 60},
                     {'waits': None, 'proofs': []},
                     {'waits': 'long', 'proofs': []},
                     {'waits': 60, 'proofs': None}):
            self.assertIsNone(
                freshness.heard({freshness.KEY: said}), repr(said))
        self.assertIsNone(freshness.heard({}))


class TestIsFresh(base.TestCase):

    def test_table(self):
        for since, waits, now, doubted, fresh in (
                # Received at 10.
                (10, 60, 10, 0, True),
                (10, 60, 70, 0, True),
                (10, 60, 70.1, 0, False),
                (10, 0.5, 10.6, 0, False),
                # Sent before: the caller had waited already.
                (5, 60, 66, 0, False),
                # The process stood still when it was received already ...
                (10, 60, 20, 10, True),
                # ... or since: longer than could be noticed, or not.
                (10, 60, 20, 10.1, False),
                (10, 60, 10 + STILL, 10.1, True),
                (10, 0.5, 10 + STILL, 10.1, False),
                (None, 60, 10, 0, False)):
            receipt = freshness.Receipt(waits, 10, since)
            self.assertEqual(
                fresh, freshness.is_fresh(receipt, now, doubted),
                (since, waits, now, doubted))


class FreshnessTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.freshness = freshness.Freshness(self.clock)
        self.read()

    def read(self, seconds=0, way=WAY):
        """Let time pass while the reader looks at its queue."""
        while seconds > 0:
            self.freshness.look(way)
            self.clock.advance(0.1)
            seconds -= 0.1
        self.freshness.look(way)

    def receive(self, *proofs, waits=60, again=False):
        return self.freshness.received(
            freshness.Asked(waits, proofs), again)

    def is_begun(self, *proofs, **kwargs):
        """Whether a call is begun that was just received."""
        return self.freshness.may_begin(self.receive(*proofs, **kwargs))

    def clear_up(self):
        """End the doubt, as the first caller does that still waits."""
        self.assertTrue(self.is_begun(self.freshness.proof()))


class TestDoubt(FreshnessTestCase):

    def test_all_is_in_doubt_until_a_proof(self):
        self.read(3600)
        self.assertFalse(self.is_begun())
        proof = self.freshness.proof()
        self.assertFalse(self.is_begun())
        self.assertTrue(self.is_begun(proof))
        # A queue is in order: this was sent later.
        self.assertTrue(self.is_begun())

    def test_proofs_of_others_are_none(self):
        other = freshness.Freshness(self.clock).proof()
        name = self.freshness.proof().partition(' ')[0]
        for proofs in ((), (other,), ('x',), ('',), (None,), (7,), (name,),
                       (name + ' x',)):
            self.assertFalse(self.is_begun(*proofs), proofs)
        self.assertTrue(self.is_begun(
            other, self.freshness.proof(), 'x'))

    def test_casts_and_old_peers_are_begun(self):
        for again in (False, True):
            self.assertTrue(self.freshness.may_begin(
                self.freshness.received(None, again)))

    def test_given_back(self):
        """What another reader has had is in doubt; it ends no doubt."""
        self.clear_up()
        self.assertFalse(self.is_begun(again=True))
        self.assertTrue(self.is_begun())
        self.read(STILL + 5, way=NEXT_WAY)
        self.assertTrue(self.is_begun(self.freshness.proof(), again=True))
        self.assertFalse(self.is_begun())

    def test_lost_connection(self):
        self.clear_up()
        self.read(way=NEXT_WAY)
        self.assertFalse(self.is_begun())
        self.clear_up()
        self.read(60, way=NEXT_WAY)
        self.assertTrue(self.is_begun())

    def test_stood_still(self):
        """Whoever comes first notices it: reader or worker."""
        for first in (self.read, self.receive,
                      lambda: self.freshness.may_begin(
                          freshness.Receipt(60, 0, 0))):
            self.clear_up()
            self.read(5)
            self.clock.advance(STILL)
            self.read()
            self.assertTrue(self.is_begun())
            self.clock.advance(STILL + 0.01)
            first()
            self.read()
            self.assertFalse(self.is_begun())

    def test_proof_of_before_the_doubt(self):
        """Whoever asked again with it may have left meanwhile."""
        self.clear_up()
        proof = self.freshness.proof()
        self.clock.advance(STILL + 0.01)
        self.read()
        self.assertFalse(self.is_begun(proof))
        # On a machine that hardly gets on, askers must get on all the same.
        proof = self.freshness.proof()
        self.clock.advance(STILL)
        self.read(way=NEXT_WAY)
        self.assertTrue(self.is_begun(proof))


class TestInHand(FreshnessTestCase):

    def setUp(self):
        super().setUp()
        self.clear_up()

    def test_as_long_as_its_caller_waits(self):
        receipt = self.receive(waits=5)
        self.read(4.9)
        self.assertTrue(self.freshness.may_begin(receipt))
        self.read(0.2)
        self.assertFalse(self.freshness.may_begin(receipt))

    def test_a_proof_counts_from_its_issue(self):
        proof = self.freshness.proof()
        self.read(3)
        receipt = self.receive(proof, waits=5)
        self.read(1.9)
        self.assertTrue(self.freshness.may_begin(receipt))
        self.read(0.2)
        self.assertFalse(self.freshness.may_begin(receipt))

    def test_process_stood_still_meanwhile(self):
        receipts = [self.receive(), self.receive(self.freshness.proof())]
        self.read(1)
        self.clock.advance(STILL + 0.01)
        self.assertEqual([False, False], [
            self.freshness.may_begin(receipt) for receipt in receipts])

    def test_nobody_looks_at_a_queue_that_was_left(self):
        receipt = self.receive()
        self.freshness.rest()
        self.clock.advance(50)
        self.freshness.look(NEXT_WAY)
        self.assertTrue(self.freshness.may_begin(receipt))
        self.assertTrue(self.is_begun())
        self.clock.advance(11)
        self.assertFalse(self.freshness.may_begin(receipt))
