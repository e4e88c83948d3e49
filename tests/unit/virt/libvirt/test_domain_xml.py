import dataclasses
from xml.etree import ElementTree

from nova_gs import objects
from nova_gs.virt.libvirt import domain_xml
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
QEMU = domain_xml.Platform('qemu', 'pc', 'none')
KVM = domain_xml.Platform('kvm', 'q35', 'writeback')


class TestBuild(base.TestCase):

    def build(self, platform=QEMU, **fields):
        objects.register_all()
        values = dict(uuid=UUID, display_name='one', user_id='u',
                      project_id=None, memory_mb=128, vcpus=2)
        values.update(fields)
        text = domain_xml.build(
            objects.Instance(**values), platform,
            [('/i & j/disk', 'qcow2'), ('/i/more', 'raw')], '/i/log')
        return text, ElementTree.fromstring(text)

    def test_emulated(self):
        _text, domain = self.build()
        self.assertEqual('qemu', domain.get('type'))
        self.assertEqual('instance-' + UUID, domain.findtext('name'))
        self.assertEqual(UUID, domain.findtext('uuid'))
        self.assertEqual('128', domain.findtext('memory'))
        self.assertEqual('MiB', domain.find('memory').get('unit'))
        self.assertEqual('2', domain.findtext('vcpu'))
        self.assertEqual('pc', domain.find('os/type').get('machine'))
        self.assertIsNone(domain.find('cpu'))
        self.assertIsNone(domain.find('devices/graphics'))
        disk = domain.find('devices/disk')
        self.assertEqual('/i & j/disk', disk.find('source').get('file'))
        self.assertEqual('none', disk.find('driver').get('cache'))
        self.assertEqual('virtio', disk.find('target').get('bus'))
        log = domain.find('devices/serial/source')
        self.assertEqual(('/i/log', 'on'), (log.get('path'),
                                            log.get('append')))

    def test_kvm(self):
        _text, domain = self.build(KVM)
        self.assertEqual('kvm', domain.get('type'))
        self.assertEqual('host-model', domain.find('cpu').get('mode'))
        self.assertEqual('q35', domain.find('os/type').get('machine'))
        self.assertEqual('writeback', domain.find(
            'devices/disk/driver').get('cache'))

    def test_probe(self):
        domain = ElementTree.fromstring(
            domain_xml.build_probe(KVM, 'probe'))
        self.assertEqual('probe', domain.findtext('name'))
        self.assertEqual('host-model', domain.find('cpu').get('mode'))
        self.assertIsNone(domain.find('devices/disk'))

    def test_metadata(self):
        name = '</metadata> <&\'"> \u00e4\U0001f600'
        _text, domain = self.build(display_name=name)
        ours = domain.find('metadata/{%s}instance' % domain_xml.NAMESPACE)
        self.assertEqual(name, ours.findtext(
            '{%s}display_name' % domain_xml.NAMESPACE))
        self.assertIsNone(ours.find(
            '{%s}project_id' % domain_xml.NAMESPACE))

    def test_what_xml_cannot_carry(self):
        text, _domain = self.build(display_name='a\x00b\x1bc\ud800d\uffff')
        self.assertIn('a\ufffdb\ufffdc\ufffdd\ufffd<', text)


class TestDrives(base.TestCase):

    XML = (
        '<domain type="qemu"><devices>'
        '<disk type="file" device="disk"><driver name="qemu" type="qcow2" '
        'cache="none"/><source file="/a/i/u/disk"/><backingStore '
        'type="file"><format type="raw"/><source file="/a/i/_base/x"/>'
        '<backingStore/></backingStore><target dev="vda"/></disk>'
        '<disk type="file" device="disk"><driver type="raw"/>'
        '<source file="/a/i/u/disk.swap"/><backingStore/>'
        '<target dev="vdb"/></disk>'
        '<disk type="file" device="cdrom"><readonly/><driver type="raw"/>'
        '<target dev="hda"/></disk>'
        '<disk type="block" device="disk"><driver type="raw"/>'
        '<source dev="/dev/x"/><target dev="vdc"/></disk>'
        '<serial type="file"><source path="/a/i/u/console.log"/></serial>'
        '</devices></domain>')

    def test_read(self):
        self.assertEqual(
            [('vda', '/a/i/u/disk', 'qcow2', '/a/i/_base/x', 'raw'),
             ('vdb', '/a/i/u/disk.swap', 'raw', None, None),
             ('vdc', None, 'raw', None, None)],
            [(one.target, one.path, one.format, one.base, one.base_format)
             for one in domain_xml.read_drives(self.XML)])

    def test_move(self):
        moved = ElementTree.fromstring(
            domain_xml.move(self.XML, '/a/i', '/b', 'writeback'))
        self.assertEqual(
            [('/b/u/disk', 'writeback'), ('/b/u/disk.swap', 'writeback'),
             (None, 'writeback'), (None, 'writeback')],
            [(None if source is None else source.get('file'),
              disk.find('driver').get('cache'))
             for disk in moved.iterfind('devices/disk')
             for source in [disk.find('source')]])
        self.assertEqual([], list(moved.iter('backingStore')))
        self.assertEqual('/b/u/console.log', moved.find(
            'devices/serial/source').get('path'))

    def test_move_leaves_what_is_elsewhere(self):
        for source in ('/a/i/u2', '/a/'):
            moved = domain_xml.move(
                self.XML.replace('/a/i/u/', '/a/i/u2x/'), source, '/b',
                'none')
            self.assertEqual('/a/' == source, '/b/i/u2x/disk' in moved)


class TestRead(base.TestCase):

    def test_model(self):
        needs = domain_xml.read(
            '<domain type="kvm"><os><type machine="pc-q35-7.2">hvm</type>'
            '</os><cpu mode="custom"><model>Nehalem</model></cpu></domain>')
        self.assertEqual(('kvm', 'pc-q35-7.2'),
                         (needs.virt_type, needs.machine_type))
        self.assertIn('<model>Nehalem</model>', needs.cpu)

    def test_no_model(self):
        for cpu in ('', '<cpu><topology sockets="1"/></cpu>'):
            needs = domain_xml.read(
                '<domain type="qemu"><os><type>hvm</type></os>%s</domain>'
                % cpu)
            self.assertEqual(('', ''), (needs.machine_type, needs.cpu))


class TestScreen(base.TestCase):

    def graphics(self, **changes):
        objects.register_all()
        text = domain_xml.build(
            objects.Instance(
                uuid=UUID, display_name='one', user_id='u', project_id=None,
                memory_mb=128, vcpus=2),
            dataclasses.replace(QEMU, has_screen=True, **changes),
            [('/disk', 'qcow2')], '/log')
        domain = ElementTree.fromstring(text)
        self.assertEqual('vga', domain.find(
            'devices/video/model').get('type'))
        return domain.find('devices/graphics')

    def test_port_is_chosen_by_each_host(self):
        graphics = self.graphics()
        self.assertEqual(('vnc', '-1', 'yes'), tuple(
            graphics.get(name) for name in ('type', 'port', 'autoport')))
        self.assertEqual({'type': 'address'}, graphics.find('listen').attrib)

    def test_address(self):
        self.assertEqual('0.0.0.0', self.graphics(
            screen_listen='0.0.0.0').find('listen').get('address'))

    def test_read(self):
        for devices, expected in (
                ('', None),
                ('<graphics type="spice" port="1"/>', None),
                ('<graphics type="vnc" port="-1"/>', ('127.0.0.1', None)),
                ('<graphics type="vnc"/>', ('127.0.0.1', None)),
                ('<graphics type="vnc" port="5901" listen="192.0.2.3"/>',
                 ('192.0.2.3', 5901)),
                ('<graphics type="vnc" port="5901" listen="192.0.2.3">'
                 '<listen type="address" address="192.0.2.4"/></graphics>',
                 ('192.0.2.4', 5901))):
            self.assertEqual(expected, domain_xml.read_screen(
                '<domain><devices>%s</devices></domain>' % devices), devices)

    def test_what_it_wants_on_any_host(self):
        for listen, expected in (
                ('<listen type="address"/>', ''),
                ('<listen type="address" address="::"/>', '::')):
            running = domain_xml.read(
                '<domain type="kvm"><os><type machine="pc"/></os><devices>'
                '<graphics type="vnc">%s</graphics></devices></domain>'
                % listen)
            self.assertEqual(expected, running.screen_listen)
