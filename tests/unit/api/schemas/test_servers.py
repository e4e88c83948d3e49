"""What a create request may say in which version."""

import testtools

from nova_gs.api.schemas import servers
from nova_gs.api.schemas import validation
from nova_gs import exception

_UUID = '6d9b1a3e-5f0c-4c1d-9d0a-0e5f6a7b8c90'


def _check(minor, **more):
    body = {'server': {'name': 'vm', 'flavorRef': '1', **more}}
    validation.check(body, validation.pick(servers.CREATE, minor))


class CreateTestCase(testtools.TestCase):

    #: (member, value, versions that take it, versions that refuse it)
    ROWS = (
        ('description', 'text', (19, 96), (1, 18)),
        ('tags', ['a'], (52, 96), (1, 51)),
        ('personality', [], (1, 56), (57, 96)),
        ('trusted_image_certificates', ['a'], (63, 96), (62,)),
        ('host', 'host1', (74, 96), (1, 73)),
        ('hypervisor_hostname', 'node1', (74, 96), (73,)),
        ('hostname', 'vm', (90, 96), (1, 89)),
        ('hostname', 'vm.example.org', (94, 96), (93,)),
        ('networks', [{'uuid': _UUID}], (1, 37, 96), ()),
        ('networks', [{'uuid': 'no-uuid'}], (1, 36), (37, 96)),
        ('networks', [{'uuid': _UUID, 'tag': 'a'}], (32, 42, 96),
         (1, 31, 37, 41)),
        ('networks', 'none', (37, 96), (1, 36)),
        ('networks', 'some', (), (1, 37, 96)),
        ('metadata', {'k': 'v'}, (1, 96), ()),
        ('metadata', {'k': 1}, (), (1, 96)),
        ('min_count', '2', (1, 96), ()),
        ('min_count', 0, (), (1, 96)),
        ('config_drive', 'True', (1, 96), ()),
        ('nonsense', 1, (), (1, 96)),
    )

    def test_members(self):
        for name, value, takes, refuses in self.ROWS:
            for minor in takes:
                _check(minor, **self.members(minor, name, value))
            for minor in refuses:
                self.assertRaises(
                    exception.Invalid, _check, minor,
                    **self.members(minor, name, value))

    @staticmethod
    def members(minor, name, value):
        """Return a member with what its version requires besides."""
        return {**({'networks': []} if minor >= 37 else {}), name: value}

    def test_networks_are_required_since_37(self):
        _check(36)
        self.assertRaises(exception.Invalid, _check, 37)
