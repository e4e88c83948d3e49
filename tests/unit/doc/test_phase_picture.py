from xml.etree import ElementTree

import testtools

from nova_gs.shutdown import phases
from tests.fixtures import docs  # noqa: F401

import phase_picture  # noqa: I100


class PhasePictureTestCase(testtools.TestCase):
    """What the table has is in the picture."""

    def setUp(self):
        super().setUp()
        self.svg = ElementTree.fromstring(phase_picture.render())
        self.groups = list(self.svg.iter('g'))

    @staticmethod
    def words(group):
        return ' '.join(text.text for text in group.iter('text'))

    def of_kind(self, kind):
        return [group for group in self.groups
                if group.get('class').split()[0] == kind]

    def test_each_phase_is_a_box(self):
        self.assertEqual(
            [phase.value for phase in phases.Phase],
            [group.find('text').text for group in self.of_kind('phase')])

    def test_each_transition_is_an_arrow(self):
        arrows = phase_picture.arrows()
        self.assertEqual(
            {(before, event, after) for (before, event), (after, _)
             in phases.TRANSITIONS.items()},
            {(before, event, after) for (before, after), events
             in arrows.items() for event in events})
        drawn = [self.words(group) for group in self.of_kind('step')]
        self.assertEqual([phase_picture.label(events)
                          for events in arrows.values()], drawn)

    def test_an_arrow_joins_its_boxes(self):
        for group, (before, after) in zip(
                self.of_kind('step'), phase_picture.arrows()):
            path = group.find('path').get('d')
            first = tuple(map(int, path[1:].split()[0].split(',')))
            left, top = phase_picture._corner(before)
            self.assertTrue(
                left <= first[0] <= left + phase_picture.WIDE and
                top <= first[1] <= top + phase_picture.HIGH, path)
            if before is not after:
                end = int(path.split()[-1][1:])
                left, top = phase_picture._corner(after)
                near = (left - 1, top - 1, top + phase_picture.HIGH + 1)
                self.assertIn(end, near, path)

    def test_what_cuts_is_drawn_once(self):
        cut, = self.of_kind('cut')
        for event in phases.CUTS:
            self.assertIn(
                phase_picture.label([event]), self.words(cut))

    def test_a_phase_without_a_place(self):
        places = dict(phase_picture.PLACES)
        del places[phases.Phase.ABORTING]
        self.patch(phase_picture, 'PLACES', places)
        self.assertRaises(KeyError, phase_picture.render)
