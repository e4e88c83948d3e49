"""Compute nodes: reported again and again, read with what is used."""

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class ComputeNodeTestCase(base.DatabaseTestCase):

    def test_report(self):
        first = objects.ComputeNode.report(
            self.context, 'host1', {'vcpus': 2, 'cpu_info': {'a': [1]}})
        again = objects.ComputeNode.report(
            self.context, 'host1', {'vcpus': 4})
        self.assertEqual((first.uuid, 4, {'a': [1]}),
                         (again.uuid, again.vcpus, again.cpu_info))

    def test_get(self):
        node = objects.ComputeNode.report(self.context, 'host1', {})
        self.make_instance(memory_mb=256)
        for found in (
                objects.ComputeNode.get_by_host(self.context, 'host1'),
                objects.ComputeNode.get_by_uuid(self.context, node.uuid),
                objects.ComputeNodeList.get_all(self.context)[0]):
            self.assertEqual((256, 1, 1, 1), (
                found.memory_mb_used, found.vcpus_used, found.local_gb_used,
                found.running_vms))

    def test_unknown(self):
        self.assertRaises(
            exception.HypervisorNotFound, objects.ComputeNode.get_by_host,
            self.context, 'nobody')

    def test_many_report_at_once(self):
        def report(number, store):
            return store.compute_nodes.report('host1', {'vcpus': 2})['id']

        self.assertEqual(1, len(set(self.at_once(4, report))))
