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
            objects.Instance(**values), platform, '/i & j/disk', '/i/log')
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
