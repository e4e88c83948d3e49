"""A storm with a fixed seed: nothing is lost, nothing done twice."""

from bench import rounds
from bench import storm
from nova_gs.devcloud import figures
from tests.functional import base

#: Longer runs are for ``bench/chaos.py``; see bench/README.rst.
SEED = 5

#: A host stands still for longer than [operations] host_lost_after, with
#: work in hand that has begun, and work that is just being claimed.
HELD_FOR_LOST = storm.Plan(
    asks=tuple(storm.Ask(0.3, kind, guest) for guest, kind in enumerate(
        (storm.REBOOT, storm.MIGRATE))),
    faults=(storm.Fault(0.7, storm.FREEZE, 'host-a', 7.0),))


class StormTestCase(base.CloudTestCase):
    """Plays rounds; ``HOSTS`` and ``DRIVER`` say on what."""

    HOSTS = None
    DRIVER = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.OPTIONS = rounds.options_of_cloud(cls.HOSTS, cls.DRIVER)

    def play(self, plans):
        """Play rounds, each with a plan, or None for its own."""
        played = rounds.Rounds(self.cloud, SEED)
        self.assertEqual([], played.begin())
        results = []
        for number, plan in enumerate(plans, start=1):
            results.append(played.play(number, plan))
            # The plan stands beside the violation.
            self.assertEqual(
                [], results[-1].broken,
                '%s\n%s' % (results[-1], results[-1].plan))
        accepted = sum(one.is_accepted for result in results
                       for one in result.asked)
        self.assertTrue(accepted, 'nothing was asked of it')
        self.figure(
            'storm, %s' % self.DRIVER, rounds=len(results),
            accepted=accepted,
            faults=sum(len(result.plan.faults) for result in results),
            settled_s_95=figures.percentile(
                [result.settled for result in results], 95))


class TestStorm(StormTestCase):

    HOSTS = 4
    DRIVER = 'fake'

    def test_everything_holds(self):
        self.play(self.times([None], [HELD_FOR_LOST] + 40 * [None]))


class TestStormLibvirt(base.Spared, StormTestCase):
    """At full counts only; real guests prove that each has one life."""

    HOSTS = 3
    DRIVER = 'libvirt'

    def test_everything_holds(self):
        self.play(10 * [None])
