import os
from unittest import mock

import fixtures

from nova_gs.virt.fake import world
from tests.unit import base


class WorldTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'world')

    def test_a_world_is_found_again(self):
        first = world.World(self.path)
        first.change(('guests', 'a', {'n': 1}), ('rooms', 'b', {'n': 2}))
        first.change(('rooms', 'b', None))
        first.close()
        second = world.World(self.path)
        self.addCleanup(second.close)
        self.assertEqual({'n': 1}, second.get('guests', 'a'))
        self.assertEqual({}, second.rows('rooms'))
        self.assertEqual(second.tables(), world.read(self.path))

    def test_a_change_is_one_line_so_that_it_is_all_or_nothing(self):
        one = world.World(self.path)
        self.addCleanup(one.close)
        one.change(('guests', 'a', {'n': 1}), ('rooms', 'a', None))
        with open(self.path) as stream:
            self.assertEqual(1, len(stream.readlines()))

    def test_a_second_process_does_not_get_it(self):
        one = world.World(self.path)
        self.assertRaises(world.WorldTaken, world.World, self.path)
        one.close()
        world.World(self.path).close()

    def test_the_log_does_not_grow_for_ever(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.virt.fake.world.COMPACT_AFTER', 5))
        one = world.World(self.path)
        self.addCleanup(one.close)
        for number in range(23):
            one.change(('guests', 'a', {'n': number}))
        self.assertEqual({'n': 22}, world.read(self.path)['guests']['a'])
        with open(self.path) as stream:
            self.assertLess(len(stream.readlines()), 6)

    def test_a_change_that_cannot_be_written_is_not_made(self):
        one = world.World(self.path)
        self.addCleanup(one.close)
        with mock.patch('os.write', autospec=True,
                        side_effect=OSError('disk full')):
            self.assertRaises(
                OSError, one.change, ('guests', 'a', {'n': 1}))
        self.assertIsNone(one.get('guests', 'a'))
