"""QEMU's capabilities are kept between clouds."""

import os

import fixtures

from nova_gs.devcloud import qemu_cache
from tests.unit import base


class QemuCacheTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.root = self.useFixture(fixtures.TempDir()).path
        self.program = os.path.join(self.root, 'qemu')
        self.write(self.program, 'one')
        self.found = os.path.join(self.root, 'found')
        os.mkdir(self.found)
        self.write(os.path.join(self.found, 'caps.xml'), 'known')

    def write(self, path, text):
        with open(path, 'w') as out:
            out.write(text)

    def cache(self, with_kvm=False):
        return qemu_cache.QemuCache(with_kvm, self.root, [self.program])

    def test_kept_and_seeded(self):
        self.assertFalse(self.cache().is_warm())
        self.cache().keep(self.found)
        self.assertTrue(self.cache().is_warm())
        seeded = os.path.join(self.root, 'host', 'capabilities')
        self.cache().seed(seeded)
        self.assertEqual(['caps.xml'], os.listdir(seeded))

    def test_cold_one_seeds_nothing(self):
        seeded = os.path.join(self.root, 'host')
        self.cache().seed(seeded)
        self.assertFalse(os.path.exists(seeded))

    def test_other_program_or_kvm_is_another_cache(self):
        self.cache().keep(self.found)
        self.assertFalse(self.cache(with_kvm=True).is_warm())
        self.write(self.program, 'another')
        self.assertFalse(self.cache().is_warm())

    def test_nothing_found_is_not_kept(self):
        self.cache().keep(os.path.join(self.root, 'nowhere'))
        self.assertFalse(self.cache().is_warm())
