"""Blocks of ports for clouds side by side."""

import os
import socket

import fixtures

from nova_gs.devcloud import errors
from nova_gs.devcloud import layout
from nova_gs.devcloud import ports
from tests.unit import base


class PortsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.root = self.useFixture(fixtures.TempDir()).path
        self.registry = os.path.join(self.root, 'registry')

    def cloud(self, name):
        files = layout.Layout(os.path.join(self.root, name))
        os.makedirs(files.directory, exist_ok=True)
        return files

    def claim(self, files):
        return ports.claim(files, self.registry)

    def test_two_clouds_do_not_share(self):
        a, b = self.claim(self.cloud('a')), self.claim(self.cloud('b'))
        self.assertGreaterEqual(abs(a - b), ports.BLOCK)

    def test_claim_is_remembered_with_the_lock_held(self):
        files = self.cloud('a')
        self.assertEqual({'ports': self.claim(files)}, files.load())

    def test_ended_cloud_gives_its_block_back(self):
        files = self.cloud('a')
        first = self.claim(files)
        files.save({})
        self.assertEqual(first, self.claim(self.cloud('b')))

    def test_removed_cloud_gives_its_block_back(self):
        files = self.cloud('a')
        first = self.claim(files)
        os.unlink(files.state_file)
        self.assertEqual(first, self.claim(self.cloud('b')))

    def test_block_with_a_server_in_it_is_passed_by(self):
        files = self.cloud('a')
        first = self.claim(files)
        files.save({})
        with socket.create_server(('127.0.0.1', first + ports.BROKER)):
            self.assertNotEqual(first, self.claim(files))

    def test_all_taken(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.devcloud.ports.LAST', ports.FIRST))
        error = self.assertRaises(
            errors.DevcloudError, self.claim, self.cloud('a'))
        self.assertIn('devcloud down', str(error))

    def test_hosts_fit_into_the_block(self):
        end = ports.HOSTS + ports.MOST_HOSTS * ports.PER_HOST
        self.assertLessEqual(end, ports.BLOCK)
        self.assertLessEqual(
            ports.CONTROL + ports.CONTROL_SIZE, ports.HOSTS)
