"""[NAME:]SECTION.OPTION=VALUE."""

from oslo_config import cfg

from nova_gs.devcloud import errors
from nova_gs.devcloud import settings
from tests.unit import base


class SettingsTestCase(base.TestCase):

    def test_parse(self):
        for text, expected in (
                ('a.b=c', ('a', 'b', 'c', None)),
                ('DEFAULT.x=', ('DEFAULT', 'x', '', None)),
                ('host-a:libvirt.uri=qemu:///x?y=z',
                 ('libvirt', 'uri', 'qemu:///x?y=z', 'host-a')),
                ('fake.durations=reboot:0.05,spawn:1',
                 ('fake', 'durations', 'reboot:0.05,spawn:1', None))):
            self.assertEqual(settings.Setting(*expected),
                             settings.parse(text))

    def test_nonsense(self):
        for text in ('', 'a', 'a.b', 'a=b', '.b=c', 'x y:a.b=c'):
            error = self.assertRaises(
                errors.DevcloudError, settings.parse, text)
            self.assertIn('SECTION.OPTION=VALUE', str(error))

    def test_unknown_host_is_named_with_those_there_are(self):
        error = self.assertRaises(
            errors.DevcloudError, settings.parse_all,
            ['host-z:a.b=c'], ['host-a', 'api'])
        self.assertIn('host-z', str(error))
        self.assertIn('host-a, api', str(error))

    def test_apply_is_for_all_or_one_and_the_last_wins(self):
        parsed = settings.parse_all(
            ['a.b=1', 'host-a:a.b=2', 'host-b:a.b=3', 'n.new=4'],
            ['host-a', 'host-b'])
        sections = {'a': {'b': '0', 'other': 'x'}}
        settings.apply(sections, parsed, 'host-a')
        self.assertEqual(
            {'a': {'b': '2', 'other': 'x'}, 'n': {'new': '4'}}, sections)

    def test_render_is_what_oslo_config_reads(self):
        path = self.conf.state_path + '/x.conf'
        with open(path, 'w') as out:
            out.write(settings.render(
                {'DEFAULT': {'o': 'a = b'}, 'g': {'p': '1'}}))
        conf = cfg.ConfigOpts()
        conf.register_opt(cfg.StrOpt('o'))
        conf.register_opt(cfg.IntOpt('p'), group='g')
        conf([], default_config_files=[path])
        self.assertEqual(('a = b', 1), (conf.o, conf.g.p))
