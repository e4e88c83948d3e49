from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver
from nova_gs.virt import drivers
from nova_gs.virt.fake import driver as fake_driver
from nova_gs.virt import live_migration
from tests.unit.virt.fake import base


class FakeDriverTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.one = self.host('host1')
        self.flags(group='fake', hypervisor_socket=self.one.path)
        self.instance = objects.Instance(
            uuid=base.GUEST, display_name='one', memory_mb=128, vcpus=1,
            root_gb=1)
        self.image = objects.Image(path=self.image_path)

    def _driver(self):
        loaded = fake_driver.FakeDriver(self.conf)
        self.addCleanup(loaded.close)
        return loaded

    def test_the_option_finds_it(self):
        self.flags(compute_driver='fake')
        loaded = drivers.load(self.conf)
        loaded.init_host()
        facts = loaded.describe_host()
        self.assertIsInstance(facts, driver.HostFacts)
        self.assertEqual(('fake', 'host1', 4),
                         (facts.hypervisor_type, facts.hypervisor_hostname,
                          facts.vcpus))

    def test_no_hypervisor_there(self):
        self.flags(group='fake', hypervisor_socket='/no/socket')
        text = self.refused(self._driver().init_host,
                            error=exception.HypervisorUnavailable)
        for part in ('/no/socket', '[fake]hypervisor_socket',
                     'nova_gs.virt.fake.hypervisor'):
            self.assertIn(part, text)

    def test_nonsense_in_the_options(self):
        for name, value in (('durations', {'rebot': '1'}),
                            ('durations', {'reboot': 'soon'}),
                            ('failures', ['rebot'])):
            self.conf.set_override(name, value, group='fake')
            self.assertIn('[fake]' + name, self.refused(
                self._driver, error=exception.ConfigurationError))
            self.conf.clear_override(name, group='fake')

    def test_options_say_what_fails(self):
        self.flags(group='fake', failures=['spawn', 'check_migration'])
        told = self._driver()
        self.refused(told.spawn, self.instance, self.image)
        self.refused(told.check_migration, self.instance,
                     objects.MigrateData(hypervisor_type='fake'),
                     error=exception.MigrationPreCheckError)

    def test_options_say_how_long(self):
        self.flags(group='fake', durations={'spawn': '600'})
        self.one.control.set_duration('spawn', 0)
        self._driver().spawn(self.instance, self.image)
        self.one.control.reset()
        self.assertEqual(600.0, self._driver()._link._durations['spawn'])

    def test_guests(self):
        one = self._driver()
        one.spawn(self.instance, self.image)
        guest = driver.Guest(base.GUEST, driver.PowerState.RUNNING)
        self.assertEqual([guest], one.list_guests())
        one.power_off(self.instance, timeout=1)
        self.assertEqual(driver.PowerState.SHUTDOWN,
                         one.get_guest(base.GUEST).power_state)
        one.power_on(self.instance)
        one.reboot(self.instance, hard=True)
        self.assertTrue(
            one.console_output(self.instance).startswith(b'TICK '))
        one.destroy(self.instance)
        self.assertRaises(
            exception.GuestNotFound, one.get_guest, base.GUEST)

    def test_ports_are_plugged_in_ahead(self):
        """Unless it is told not to; without ports nothing is said."""
        virt = self._driver()
        data = objects.MigrateData(source_host='host2')
        virt.accept_migration(self.instance, data)
        self.assertIsNone(data.told('plugged'))
        data.ports = [objects.Port(id='p', network_id='n')]
        for plugs, plugged in ((True, ['p']), (False, [])):
            self.flags(group='fake', plugs_ahead=plugs)
            self.assertEqual(plugged, virt.accept_migration(
                self.instance, data).plugged)
            room, = self.one.control.world()['rooms'].values()
            self.assertEqual(plugged, room['plugged'])

    def test_a_migration_by_its_verbs(self):
        source = self._driver()
        other = self.host('host2')
        self.flags(group='fake', hypervisor_socket=other.path)
        self.flags(host='host2')
        dest = self._driver()
        source.spawn(self.instance, self.image)
        data = source.describe_for_migration(self.instance)
        data = dest.check_migration(self.instance, data)
        self.assertEqual('host2', data.dest_host)
        self.assertEqual({}, other.control.world()['rooms'])
        data = dest.accept_migration(self.instance, data)
        self.one.control.hold('start_migration')
        first = source.start_migration(self.instance, data)
        self.assertIsNone(first.wait(0))
        adopted = source.adopt_migration(self.instance, data)
        self.assertEqual('pre-copy', adopted.progress().phase)
        adopted.force_complete()
        self.assertEqual(first.wait(10), adopted.wait(10))
        self.assertTrue(first.wait(0).arrived)
        self.assertEqual('ended', first.progress().phase)
        self.assertEqual(100, first.progress().percent)
        adopted = source.adopt_migration(self.instance, data)
        self.assertTrue(adopted.wait(0).arrived)
        first.abort()
        self.assertIsNone(source.finish_migration(
            self.instance, live_migration.Side.SOURCE, True))
        self.assertEqual(base.GUEST, dest.finish_migration(
            self.instance, live_migration.Side.DESTINATION, True).uuid)
