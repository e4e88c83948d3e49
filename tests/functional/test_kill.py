"""``kill -9`` in each phase of a live migration.

Each row of ``travellers.PHASES`` brings a guest into one phase and holds it
there while a process is killed.  It is started again before or after the
guest is let go.
"""

import itertools

from tests.functional import base
from tests.functional import killed
from tests.functional import travellers

BEFORE_OR_AFTER = (True, False)


class TestKill(base.Spared, killed.KilledTestCase):

    SOME = ('test_all_phases_at_once',)

    def test_all_phases_at_once(self):
        """A guest in each phase, and somebody is killed."""
        rounds = list(itertools.product(killed.VICTIMS, BEFORE_OR_AFTER))
        for victim, early in self.times(
                [('source', False), ('both', True)], 2 * rounds):
            self.check(travellers.PHASES, victim, early)
        self.record('1 kill -9, all phases at once')

    def test_each_phase(self):
        """The same phase by phase, so that nothing else helps."""
        for phase in travellers.PHASES:
            for victim, early in itertools.product(
                    killed.VICTIMS, BEFORE_OR_AFTER):
                self.check([phase], victim, early)
        self.record('1 kill -9, each phase')

    def check(self, phases, victim, early):
        """Play one round and look at everything.

        :param early: whether guests are let go before the start
        """
        self.start_both()
        guests = travellers.bring(self, phases)
        for part in killed.VICTIMS[victim]:
            self.cloud.kill(part)
        if early:
            self.let_go()
        began = self.start(*killed.VICTIMS[victim])
        if not early:
            self.let_go()
        self.await_settled('%s killed' % victim, began)
        self.check_settled(guests, victim)
        self.delete_all()
