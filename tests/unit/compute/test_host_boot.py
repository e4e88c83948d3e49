"""Which guests run again after their host was booted."""

import os
import tempfile

from nova_gs.compute import host_boot
from nova_gs import objects
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit import base as unit_base
from tests.unit.db import base

STATE = driver.PowerState


class TestHostBoot(unit_base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = self.useFixture(unit_base.fixtures.TempDir()).path
        self.source = os.path.join(self.path, 'kernel')

    def boot(self, number):
        with open(self.source, 'w', encoding='ascii') as stream:
            stream.write('boot %d\n' % number)
        return host_boot.HostBoot(self.path, self.source)

    def test_is_new_until_noted(self):
        first = self.boot(1)
        # The very first start of all has nothing to compare with.
        self.assertFalse(first.is_new)
        first.note()
        self.assertFalse(self.boot(1).is_new)
        self.assertTrue(self.boot(2).is_new)
        second = self.boot(2)
        self.assertTrue(second.is_new)
        second.note()
        self.assertFalse(second.is_new)
        self.assertFalse(self.boot(2).is_new)

    def test_kernel_that_does_not_tell(self):
        self.boot(1).note()
        self.assertFalse(host_boot.HostBoot(
            self.path, os.path.join(self.path, 'none')).is_new)

    def test_this_machine(self):
        with tempfile.TemporaryDirectory() as path:
            host_boot.HostBoot(path).note()
            self.assertFalse(host_boot.HostBoot(path).is_new)


class TestBringBack(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.host.driver.guests = {}

    def guest(self, power_state=STATE.SHUTDOWN, **values):
        instance = self.make_instance(**dict(dict(host='host1'), **values))
        self.host.driver.guests[instance.uuid] = power_state
        return instance

    def test_who_ran(self):
        ran, crashed = self.guest(), self.guest(STATE.CRASHED)
        others = [
            self.guest(STATE.RUNNING), self.guest(vm_state='stopped'),
            self.guest(STATE.SUSPENDED, vm_state='suspended'),
            self.guest(task_state='migrating'), self.guest(host='host2')]
        self.assertEqual(2, host_boot.bring_back(self.host, self.context))
        for instance in (ran, crashed):
            operation, = objects.OperationList.get_open_by_instance(
                self.context, instance.uuid)
            self.assertEqual(
                ('start', 'start_instance', 'host1', 'accepted'),
                (operation.kind, operation.step, operation.host,
                 operation.state))
        for instance in others:
            self.assertEqual([], list(
                objects.OperationList.get_open_by_instance(
                    self.context, instance.uuid)))
        # A start that was cut here asks again, which does no harm.
        self.assertEqual(0, host_boot.bring_back(self.host, self.context))
