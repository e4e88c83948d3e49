"""What every driver has to do for guests that are moved switched off.

A part of the contract's test; see ``contract``.
"""

import abc

from nova_gs import exception
from nova_gs import objects
from tests.functional.virt import contract

RUNNING, SHUTDOWN = contract.RUNNING, contract.SHUTDOWN


class ResizeContract(contract.Help):
    """Tests of the verbs; hooks first.  See ``contract.DriverContract``."""

    @abc.abstractmethod
    def write_to_disk(self, virt, instance):
        """Make the disk of a guest one of its own; it may be off then."""

    @abc.abstractmethod
    def read_disk(self, virt, instance):
        """Return what tells whether a disk is still the same.

        What was added at its end, as the disk grew, does not count.
        """

    def grown(self, instance):
        """Return an instance as it is after a resize."""
        return objects.Instance(
            uuid=instance.uuid, display_name=instance.display_name,
            user_id='user', project_id='project', memory_mb=96, vcpus=2,
            root_gb=1)

    def flavor(self, root_gb=1):
        return objects.Flavor(id=1, flavorid='f', name='f', memory_mb=96,
                              vcpus=2, root_gb=root_gb)

    def spawn_with_disk(self, virt):
        """Return a new guest that has something on its disk."""
        instance = self.spawn(virt)
        self.write_to_disk(virt, instance)
        virt.power_on(instance)
        return instance

    def move(self, source, destination, instance, new, power_on=True,
             times=2):
        """Move a guest, each step twice, as after a restart of ours."""
        destination.check_resize(instance, self.flavor(new.root_gb))
        data = source.describe_for_resize(instance)
        data = contract.sent(data)
        self.assertTrue(destination.sees_storage(instance, data))
        for _time in range(times):
            left = contract.sent(source.leave_for_resize(instance, data))
        if source is not destination:
            self.assert_not_at(source, instance)
        self.assert_not_at(destination, instance)
        for _time in range(times):
            guest = destination.arrive_from_resize(new, left, power_on)
        self.assertEqual(RUNNING if power_on else SHUTDOWN,
                         guest.power_state)

    def revert(self, source, destination, instance, new, power_on=True):
        for _twice in range(2):
            data = contract.sent(destination.leave_for_revert(new))
        self.assert_not_at(destination, instance)
        for _twice in range(2):
            guest = source.return_from_resize(instance, data, power_on)
        self.assertEqual(RUNNING if power_on else SHUTDOWN,
                         guest.power_state)

    def test_move_and_confirm(self):
        source, destination = self.make_pair()
        instance = self.spawn_with_disk(source)
        before = self.read_disk(source, instance)
        for here, there in ((source, destination), (destination, source)):
            self.move(here, there, instance, instance)
            self.assert_at(there, instance)
            self.assert_not_at(here, instance)
            for _twice in range(2):
                here.confirm_resize(instance)
            self.assert_at(there, instance)
            self.assertEqual(before, self.read_disk(there, instance))
        source.destroy(instance)
        self.assertEqual([], self.remains(source, instance))
        self.assertEqual([], self.remains(destination, instance))

    def test_resize_and_confirm(self):
        source, destination = self.make_pair()
        instance = self.spawn_with_disk(source)
        before = self.read_disk(source, instance)
        new = self.grown(instance)
        self.move(source, destination, instance, new)
        self.assertEqual(before, self.read_disk(destination, new))
        source.confirm_resize(new)
        self.assertEqual(before, self.read_disk(destination, new))
        destination.destroy(new)
        self.assertEqual([], self.remains(destination, instance))

    def test_disks_do_not_shrink(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        new = self.grown(instance)
        self.move(source, destination, instance, new, times=1)
        new.root_gb = 2
        self.move(destination, source, new, new, times=1)
        error = self.assertRaises(
            exception.MigrationPreCheckError, destination.check_resize, new,
            self.flavor(1))
        self.assertIn('cannot be made smaller', str(error))

    def test_resize_and_revert(self):
        source, destination = self.make_pair()
        instance = self.spawn_with_disk(source)
        before = self.read_disk(source, instance)
        new = self.grown(instance)
        for _twice in range(2):
            self.move(source, destination, instance, new, times=1)
            self.assert_at(destination, new)
            self.revert(source, destination, instance, new)
            self.assert_at(source, instance)
            self.assertEqual(before, self.read_disk(source, instance))
        source.destroy(instance)
        self.assertEqual([], self.remains(source, instance))

    def test_resize_on_the_same_host(self):
        source, _destination = self.make_pair()
        instance = self.spawn_with_disk(source)
        before = self.read_disk(source, instance)
        new = self.grown(instance)
        self.move(source, source, instance, new)
        self.assert_at(source, new)
        self.revert(source, source, instance, new)
        self.assert_at(source, instance)
        self.assertEqual(before, self.read_disk(source, instance))

    def test_move_what_is_off(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        source.power_off(instance)
        self.move(source, destination, instance, instance, power_on=False)
        self.assert_at(destination, instance, SHUTDOWN)
        self.revert(source, destination, instance, instance, power_on=False)
        self.assert_at(source, instance, SHUTDOWN)
        source.power_on(instance)
        self.assert_at(source, instance)

    def test_return_of_what_never_arrived(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        data = source.describe_for_resize(instance)
        for leave in (False, True):
            if leave:
                source.leave_for_resize(instance, data)
            for _twice in range(2):
                guest = source.return_from_resize(instance, None, True)
                self.assertEqual(RUNNING, guest.power_state)
            self.assert_at(source, instance)
        self.assert_not_at(destination, instance)

    def test_delete_of_what_could_go_back(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        new = self.grown(instance)
        self.move(source, destination, instance, new, times=1)
        source.confirm_resize(new)
        destination.destroy(new)
        for virt in (source, destination):
            self.assert_not_at(virt, instance)
            self.assertEqual([], self.remains(virt, instance))
