"""Guests whose disks move along, between hosts that share no storage."""

import json
import os
import subprocess

import libvirt

from nova_gs.devcloud import scribe
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver
from nova_gs.virt import live_migration
from tests.fixtures import disk_images
from tests.functional import base
from tests.functional.virt import contract
from tests.functional.virt import test_libvirt_driver

#: Writes a MiB a second, and comes round in one second.
SCRIBE = scribe.Scribe('scribe', every=4)

#: MiB/s at which a copy of disks lasts, and does not end by itself.
SLOW = 1

FILES = ['console.log', 'disk', 'disk.swap', 'storage-id']


class TestCase(test_libvirt_driver.TestCase, contract.Help):
    """Drivers of two hosts that have their disks for themselves."""

    def make_conf(self, name, **options):
        conf = super().make_conf(name, **options)
        conf.set_override(
            'instances_path', self.cloud.layout.instances_of(name))
        return conf

    def make_pair(self, slow=False, **options):
        if slow:
            options.setdefault('live_migration_bandwidth', SLOW)
        return super().make_pair(**options)

    def make_instance(self):
        instance = super().make_instance()
        instance.flavor = objects.Flavor(ephemeral_gb=0, swap=8)
        return instance

    def make_image(self, ticker=SCRIBE):
        return super().make_image(ticker)

    def spawn(self, virt):
        """Return the instance of a guest that has filled its places."""
        instance = self.make_instance()
        self.image = self.make_image()
        virt.spawn(instance, self.image)
        self.continuity(virt, instance, ticks=scribe.SLOTS)
        return instance

    def check(self, source, destination, instance):
        data = destination.check_migration(
            instance, contract.sent(source.describe_for_migration(instance)))
        return contract.sent(destination.accept_migration(
            instance, contract.sent(data), self.image))

    def files(self, virt, instance):
        """Return the names of a guest's files on a host."""
        path = virt._disks.directory(instance.uuid)
        return sorted(os.listdir(path)) if os.path.exists(path) else []

    def keep(self, virt, instance):
        """Return the path of what keeps a guest's present files."""
        return disk_images.keep(
            virt._disks.directory(instance.uuid),
            os.path.join(self.cloud.layout.directory, 'kept',
                         contract.uuid.uuid4().hex))

    def domain(self, virt, instance):
        connection = libvirt.open(virt.conf.libvirt.connection_uri)
        self.addCleanup(connection.close)
        return connection.lookupByUUIDString(instance.uuid)

    def copying(self, handle):
        """Wait until a part of the disks has been copied."""
        self.until(lambda: handle.progress().disk_processed)

    def assert_moved(self, source, destination, instance, outcome,
                     files=FILES):
        super().assert_moved(source, destination, instance, outcome)
        self.assertEqual([], self.files(source, instance))
        self.assertEqual(files, self.files(destination, instance))

    def assert_stayed(self, source, destination, instance, outcome):
        super().assert_stayed(source, destination, instance, outcome)
        self.assertEqual(FILES, self.files(source, instance))
        self.assertEqual([], self.files(destination, instance))

    def assert_well(self, virt, instance):
        """It goes on, and has read whatever it had written."""
        life = self.continuity(virt, instance, ticks=scribe.SLOTS + 1)
        self.assertTrue(life and life.unbroken, life)


class TestBlockMigration(base.Spared, TestCase):

    SOME = ('test_there_and_back',)

    def test_there_and_back(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        for here, there in ((source, destination), (destination, source)):
            kept = self.keep(here, instance)
            handle = self.migrate(here, there, instance)
            outcome = handle.wait(contract.PATIENCE)
            self.assert_moved(here, there, instance, outcome)
            self.assert_well(there, instance)
            self.assertEqual(
                there._disks.base(self.image.checksum),
                self.base_of(there, instance))
            for name in ('disk', 'disk.swap'):
                left, arrived = (os.path.join(kept, name), there._disks.disk(
                    instance.uuid, name))
                self.assertEqual(disk_images.checksum_beside(left),
                                 disk_images.checksum_beside(arrived))
                for before, after in zip(disk_images.scribbled(left),
                                         disk_images.scribbled(arrived)):
                    self.assertGreaterEqual(after, before)
        source.power_off(instance)
        source.power_on(instance)
        self.assert_at(source, instance)

    def base_of(self, virt, instance):
        """Return the path of what is below a guest's first disk."""
        return json.loads(subprocess.run(
            ('qemu-img', 'info', '-U', '--output=json',
             virt._disks.disk(instance.uuid)), check=True,
            capture_output=True).stdout).get('backing-filename')

    def test_stands_still(self):
        """What it had written is at the other end, to the last byte."""
        source, destination = self.make_pair()
        instance = self.spawn(source)
        source.pause(instance)
        for here, there in ((source, destination), (destination, source)):
            kept = self.keep(here, instance)
            handle = self.migrate(here, there, instance)
            self.assertTrue(handle.wait(contract.PATIENCE).arrived)
            here.finish_migration(instance, live_migration.Side.SOURCE, True)
            there.finish_migration(
                instance, live_migration.Side.DESTINATION, True)
            self.assert_at(there, instance, driver.PowerState.PAUSED)
            for name in ('disk', 'disk.swap'):
                self.assertTrue(disk_images.are_equal(
                    os.path.join(kept, name),
                    there._disks.disk(instance.uuid, name)), name)
        source.unpause(instance)
        self.assert_well(source, instance)

    def test_without_its_image(self):
        """Three disks, each copied as a whole."""
        source, destination = self.make_pair()
        instance = self.make_instance()
        instance.flavor.ephemeral_gb = 1
        self.image = self.make_image(scribe.Scribe('forgotten', every=4))
        source.spawn(instance, self.image)
        self.continuity(source, instance, ticks=scribe.SLOTS)
        os.unlink(self.image.path)
        handle = self.migrate(source, destination, instance)
        outcome = handle.wait(contract.PATIENCE)
        self.assert_moved(
            source, destination, instance, outcome,
            files=sorted(FILES + ['disk.eph0']))
        self.assert_well(destination, instance)
        self.assertIsNone(self.base_of(destination, instance))

    def test_called_off(self):
        """At once, and while disks are copied."""
        source, destination = self.make_pair(slow=True)
        instance = self.spawn(source)
        for wait in (lambda handle: None, self.copying):
            handle = self.migrate(source, destination, instance)
            self.assertIn('incoming', self.files(destination, instance))
            wait(handle)
            handle.abort()
            outcome = handle.wait(contract.PATIENCE)
            self.assertTrue(outcome.aborted)
            self.assert_stayed(source, destination, instance, outcome)
        self.assert_well(source, instance)

    def test_never_begun(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        self.check(source, destination, instance)
        self.assert_stayed(
            source, destination, instance, live_migration.Outcome(
                arrived=False, reason='called off'))

    def test_stands_still_and_stays(self):
        source, destination = self.make_pair(slow=True)
        instance = self.spawn(source)
        source.pause(instance)
        handle = self.migrate(source, destination, instance)
        self.copying(handle)
        handle.abort()
        self.assertTrue(handle.wait(contract.PATIENCE).aborted)
        self.assert_at(source, instance, driver.PowerState.PAUSED)
        self.assertIsNone(source.adopt_migration(instance, self.data))
        self.assert_at(source, instance, driver.PowerState.PAUSED)

    def test_destination_is_lost(self):
        source, destination = self.make_pair(slow=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.copying(handle)
        self.cloud.crash('b')
        outcome = handle.wait(contract.PATIENCE)
        self.cloud.start('b')
        self.assert_stayed(source, destination, instance, outcome)
        self.assert_well(source, instance)

    def test_adopted(self):
        source, destination = self.make_pair(slow=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.copying(handle)
        source.close()
        source = self.make_driver(source.conf)
        handle = source.adopt_migration(instance, self.data)
        self.copying(handle)
        self.domain(source, instance).migrateSetMaxSpeed(1000)
        self.assert_moved(source, destination, instance,
                          handle.wait(contract.PATIENCE))
        self.assert_well(destination, instance)

    def test_nothing_is_in_the_way(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        path = destination._disks.directory(instance.uuid)
        os.makedirs(path)
        with open(os.path.join(path, 'disk'), 'w'):
            pass
        error = self.assertRaises(
            exception.MigrationPreCheckError, self.check, source, destination,
            instance)
        self.assertIn('in the way', str(error))
        self.assertEqual(['disk'], self.files(destination, instance))
