"""No object changes its shape without a new version.

When a test here fails after a change of fields or remotable methods, raise
the object's VERSION, teach ``obj_make_compatible`` to leave out what older
peers do not know, and put the new fingerprint here.
"""

from oslo_versionedobjects import fixture

from nova_gs import objects
from nova_gs.objects import base as objects_base
from tests.unit import base

FINGERPRINTS = {
    'ComputeNode': '1.1-4bdbda03f06af1004588e12fe35c2713',
    'ComputeNodeList': '1.0-4ee0d9efdfd681fed822da88376e04d2',
    'ConsoleToken': '1.0-2dc0bdedb69f4dabb7d818fc1fa5b780',
    'ExternalEvent': '1.0-c745601e5295708ee53201ed123c3860',
    'ExternalEventList': '1.0-38a2ddccd11233ecc1b0640c3d067acf',
    'Flavor': '1.0-5c23f25d0ef375b7441db2026f43eb5e',
    'FlavorList': '1.0-4ee0d9efdfd681fed822da88376e04d2',
    'Image': '1.0-e7ddc00baafad51e56fdd6e011cd309a',
    'ImageList': '1.0-4ee0d9efdfd681fed822da88376e04d2',
    'Instance': '1.2-c35db9a8bab22a5198c3e36eafee6e0f',
    'InstanceAction': '1.0-c5b1709a51932d86b15d68b39fc5d003',
    'InstanceActionEvent': '1.0-54da21506954a3541bde328e6abf510d',
    'InstanceActionList': '1.0-c34eb034bed07c4118661731bfe83a69',
    'InstanceList': '1.0-cfd879f64bf3fc76b9aee76a818f7ecf',
    'MigrateData': '1.2-4d8e17291f227738ae4c242f25244c43',
    'Migration': '1.2-4e987edb7bd4fe2e4b1accda29869dcd',
    'MigrationList': '1.0-eeac038272ed89757ea86ed439ed9c33',
    'Operation': '1.1-1bebc131db4d8226ad969226d7f7bc3e',
    'OperationList': '1.1-94b99639536a8504d364dd6891f8e7de',
    'Port': '1.0-1dd457d0a0266f4fa8f4e0c453735c6d',
    'Service': '1.2-ae04fb36511b4d3be00562bcf1ce16d2',
    'ServiceList': '1.0-c18a62a29f99637d9a08479ec006c319',
}


class VersionsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.checker = fixture.ObjectVersionChecker(
            {name: classes for name, classes
             in objects_base.NovaObjectRegistry.obj_classes().items()
             if issubclass(classes[0], objects_base.NovaObject)})

    def test_fingerprints(self):
        expected, found = self.checker.test_hashes(FINGERPRINTS)
        self.assertEqual(expected, found)

    def test_every_class_is_an_attribute(self):
        for name in FINGERPRINTS:
            self.assertEqual(name, getattr(objects, name).obj_name())

    def test_what_older_ends_of_a_migration_are_told(self):
        data = objects.MigrateData(
            source_host='a', block_migration=True, disks={}, ports=[],
            plugged=[], waits_for=None)
        for version, names in (
                ('1.0', {'source_host'}),
                ('1.1', {'source_host', 'block_migration', 'disks'})):
            told = data.obj_to_primitive(version, {
                'MigrateData': version, 'Port': '1.0'})
            data_key = objects.MigrateData._obj_primitive_key('data')
            self.assertEqual(names, set(told[data_key]))
            self.assertFalse(objects.MigrateData.obj_from_primitive(
                told).knows_ports)
        self.assertTrue(data.knows_ports)
