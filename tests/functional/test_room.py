"""Many builds at once for hosts that have not room for all of them."""

import collections
import concurrent.futures

from tests.functional import base

#: How many guests each host has room for; they have 64 CPUs each.
ROOM = {'host-a': 14, 'host-b': 13, 'host-c': 13}
CPUS = 64
FIT = sum(ROOM.values())
ASKED = 64


class TestRoom(base.CloudTestCase):

    OPTIONS = {
        'driver': 'fake', 'hosts': 3, 'conductors': 2,
        'settings': ['%s:compute.cpu_allocation_ratio=%r' % (
            host, count / CPUS) for host, count in ROOM.items()]}

    def test_builds_at_once(self):
        """All that fit are built, none is oversold, the rest hears why."""
        for _ in range(self.times(1, 10)):
            with concurrent.futures.ThreadPoolExecutor(ASKED) as callers:
                guests = list(callers.map(
                    self.api.create_server, ASKED * ['guest']))
            servers = [self._await_end(uuid) for uuid in guests]
            self.assertEqual(
                {'ACTIVE': FIT, 'ERROR': ASKED - FIT},
                collections.Counter(one['status'] for one in servers))
            for one in servers:
                if one['status'] == 'ERROR':
                    self.assertRegex(
                        one['fault']['message'],
                        r'^No valid host.* Host host-a: it has 0 CPUs left.*'
                        'Host host-c: it has 0 CPUs left')
            self.assertEqual(ROOM, collections.Counter(
                one['OS-EXT-SRV-ATTR:host'] for one in servers
                if one['status'] == 'ACTIVE'))
            self.assertEqual(ROOM, {
                host: len(self.hypervisor(host).world()['guests'])
                for host in ROOM})
            self.assertEqual(ROOM, {
                one['hypervisor_hostname']: one['vcpus_used']
                for one in self.api.get('os-hypervisors/detail',
                                        microversion='2.87')['hypervisors']})
            self._delete(guests)
        self.figure('6 builds at once', asked=ASKED, fit=FIT,
                    runs=self.times(1, 10))

    def _await_end(self, uuid):
        self.await_that('build of %s ends' % uuid, lambda: (
            self.api.server(uuid)['status'] != 'BUILD'), base.PATIENCE)
        return self.api.server(uuid)

    def _delete(self, guests):
        for uuid in guests:
            self.api.delete_server(uuid)
        for uuid in guests:
            self.api.await_gone(uuid)
