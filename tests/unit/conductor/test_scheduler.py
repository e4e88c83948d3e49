"""Which host a guest goes to."""

import dataclasses

from nova_gs.conductor import scheduler
from nova_gs import exception
from tests.unit import base


@dataclasses.dataclass
class Needs:
    memory_mb: int = 128
    vcpus: int = 1
    disk_gb: int = 1


def candidate(host, **kwargs):
    values = dict(node=host, free_memory_mb=1024, free_vcpus=8,
                  free_disk_gb=10, running_vms=0)
    values.update(kwargs)
    return scheduler.Candidate(host=host, **values)


class TestScheduler(base.TestCase):

    def test_most_free_memory_first_then_fewest_guests(self):
        chosen = scheduler.choose(
            [candidate('a', running_vms=2), candidate('b'),
             candidate('c', free_memory_mb=2048)], Needs())
        self.assertEqual(['c', 'b', 'a'], [c.host for c in chosen])

    def test_objections(self):
        for changes, kwargs, said in (
                ({}, {'wanted': 'other'}, 'not the host'),
                ({}, {'unwanted': {'a': 'it has failed'}}, 'it has failed'),
                ({'refusal': 'it drains'}, {}, 'it drains'),
                ({'free_memory_mb': 100}, {}, 'MiB'),
                ({'free_vcpus': 0}, {}, 'CPUs'),
                ({'free_disk_gb': 0}, {}, 'disk')):
            why = scheduler.objection(
                candidate('a', **changes), Needs(), **kwargs)
            self.assertIn(said, why)
        self.assertEqual('', scheduler.objection(candidate('a'), Needs()))

    def test_zone(self):
        chosen = scheduler.choose(
            [candidate('a', zone='west'), candidate('b', zone='east')],
            Needs(), zone='east')
        self.assertEqual(['b'], [c.host for c in chosen])
        self.assertEqual(
            'it is in the availability zone nova, east is needed',
            scheduler.objection(candidate('a'), Needs(), zone='east'))
        for zone in (None, 'nova'):
            self.assertEqual('', scheduler.objection(
                candidate('a'), Needs(), zone=zone))

    def test_no_host_names_every_objection(self):
        error = self.assertRaises(
            exception.NoValidHost, scheduler.choose,
            [candidate('a', free_vcpus=0), candidate('b', refusal='it is '
             'draining')], Needs())
        self.assertIn('Host a: it has 0 CPUs left', str(error))
        self.assertIn('Host b: it is draining', str(error))

    def test_only_the_wanted_host_is_spoken_of(self):
        error = self.assertRaises(
            exception.NoValidHost, scheduler.choose,
            [candidate('a', free_vcpus=0), candidate('b')], Needs(),
            wanted='a')
        self.assertNotIn('Host b', str(error))

    def test_wanted_host_without_record(self):
        error = self.assertRaises(exception.NoValidHost, scheduler.choose,
                                  [], Needs(), wanted='x')
        self.assertIn('named x', str(error))
