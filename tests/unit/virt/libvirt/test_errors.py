import libvirt

from nova_gs import exception
from nova_gs.virt.libvirt import errors
from tests.fixtures import libvirt as fake
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'


class TestErrors(base.TestCase):

    def test_gone(self):
        error = errors.translate(fake.gone(), 'Looking', UUID)
        self.assertIsInstance(error, exception.GuestNotFound)
        self.assertIn(UUID, str(error))

    def test_gone_but_nobody_named(self):
        self.assertIsInstance(
            errors.translate(fake.gone(), 'Looking'),
            exception.HypervisorError)

    def test_reason(self):
        error = fake.error(libvirt.VIR_ERR_INTERNAL_ERROR, 'no disk.\n')
        self.assertEqual('Starting guest x failed: no disk.', str(
            errors.translate(error, 'Starting guest x', UUID)))

    def test_remedies(self):
        for code, said, advice in (
                (libvirt.VIR_ERR_MIGRATE_UNSAFE, 'Unsafe migration',
                 'live_migration_trust_storage'),
                (libvirt.VIR_ERR_INTERNAL_ERROR,
                 'QEMU: Postcopy is not supported',
                 'live_migration_permit_post_copy'),
                (libvirt.VIR_ERR_SYSTEM_ERROR,
                 'write: No space left on device', 'Free some space')):
            text = errors.text(fake.error(code, said))
            self.assertTrue(text.startswith(said + '. '), text)
            self.assertIn(advice, text)

    def test_translated(self):
        def fail():
            with errors.translated('Trying'):
                raise fake.error(libvirt.VIR_ERR_INTERNAL_ERROR, 'no')

        self.assertRaises(exception.HypervisorError, fail)
        with errors.translated('Trying'):
            pass
