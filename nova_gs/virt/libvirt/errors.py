"""libvirt's errors, in words of use to who reads them."""

import contextlib

import libvirt

from nova_gs import exception

# What to do about errors that a setting of ours, or one on the host, cures.
REMEDIES = {
    libvirt.VIR_ERR_MIGRATE_UNSAFE: (
        'Put instances_path on storage that both hosts share with direct '
        'I/O, or set [libvirt] live_migration_trust_storage if you know it '
        'to be coherent between them'),
    libvirt.VIR_ERR_AUTH_FAILED: (
        'Allow nova-compute\'s user to use libvirt'),
    libvirt.VIR_ERR_MIGRATE_PERSIST_FAILED: (
        'Look at the guest\'s definition on both hosts'),
}
REMEDIES_BY_TEXT = (
    ('Postcopy is not supported', (
        'Allow QEMU to use userfaultfd on both hosts, or unset [libvirt] '
        'live_migration_permit_post_copy')),
    ('getaddrinfo', (
        'Set [libvirt] live_migration_inbound_addr on the destination')),
    ('No space left', 'Free some space in instances_path'),
)


def code(error):
    """Return libvirt's number for an error (VIR_ERR_*)."""
    return error.get_error_code()


def text(error):
    """Return what libvirt says of an error, and what to do about it."""
    said = (error.get_error_message() or str(error)).strip().rstrip('.')
    remedy = REMEDIES.get(code(error))
    for part, advice in REMEDIES_BY_TEXT:
        if part in said:
            remedy = advice
    return '%s. %s.' % (said, remedy) if remedy else '%s.' % said


def translate(error, doing, uuid=None):
    """Return the error of our tree that says what libvirt's says.

    :param doing: what failed, as "Starting guest <uuid> on <host>"
    :param uuid: of the guest that it was about
    """
    if uuid and code(error) == libvirt.VIR_ERR_NO_DOMAIN:
        return exception.GuestNotFound(instance_id=uuid)
    return exception.HypervisorError(
        reason='%s failed: %s' % (doing, text(error)))


@contextlib.contextmanager
def translated(doing, uuid=None):
    """Raise what the block raises of libvirt as errors of our tree."""
    try:
        yield
    except libvirt.libvirtError as error:
        raise translate(error, doing, uuid) from error
