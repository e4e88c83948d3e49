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
    'ComputeNode': '1.0-b716738b4b93579227a5cfbe8b94c971',
    'ComputeNodeList': '1.0-4ee0d9efdfd681fed822da88376e04d2',
    'Flavor': '1.0-5c23f25d0ef375b7441db2026f43eb5e',
    'FlavorList': '1.0-4ee0d9efdfd681fed822da88376e04d2',
    'Image': '1.0-e7ddc00baafad51e56fdd6e011cd309a',
    'ImageList': '1.0-4ee0d9efdfd681fed822da88376e04d2',
    'Instance': '1.0-f0014ecb6545b2ab8bf5162444d89b42',
    'InstanceAction': '1.0-c5b1709a51932d86b15d68b39fc5d003',
    'InstanceActionEvent': '1.0-54da21506954a3541bde328e6abf510d',
    'InstanceActionList': '1.0-c34eb034bed07c4118661731bfe83a69',
    'InstanceList': '1.0-cfd879f64bf3fc76b9aee76a818f7ecf',
    'MigrateData': '1.0-4736e1395b2472642d7458fe7ae5c850',
    'Migration': '1.0-2698f3474d8bb4ab8f802e84ec9cb773',
    'MigrationList': '1.0-eeac038272ed89757ea86ed439ed9c33',
    'Operation': '1.0-ffdfe18cbfceacd99a2c87fcd62abe28',
    'OperationList': '1.1-94b99639536a8504d364dd6891f8e7de',
    'Service': '1.1-0cba33e3354af6390d5e1005ae026d80',
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
