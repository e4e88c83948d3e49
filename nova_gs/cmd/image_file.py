"""Image files: what format they have, and bringing them into the store."""

import hashlib
import os
import struct

from nova_gs import exception

RAW = 'raw'
QCOW2 = 'qcow2'
FORMATS = (RAW, QCOW2)

_CHUNK = 1 << 20
_QCOW2_MAGIC = b'QFI\xfb'
_QCOW2_EXTERNAL_DATA = 1 << 2

#: First bytes of what people take for a disk image, with its name.
_FOREIGN = (
    (b'KDMV', 'a VMDK image'), (b'# Disk DescriptorFile', 'a VMDK image'),
    (b'<<< ', 'a VDI image'), (b'conectix', 'a VHD image'),
    (b'vhdxfile', 'a VHDX image'), (b'\x1f\x8b', 'a gzip file'),
    (b'\xfd7zXZ', 'an xz file'), (b'BZh', 'a bzip2 file'),
    (b'PK\x03\x04', 'a zip file'), (b'\x28\xb5\x2f\xfd', 'a zstd file'),
)


def detect(path, wanted=None):
    """Return the format of an image file, by its content.

    :param wanted: the format that it must have, or None
    :raises: Invalid for a file that is no image, has another format, or
             needs another file
    """
    if wanted is not None and wanted not in FORMATS:
        raise exception.Invalid(
            reason='Format %s is not known. Use one of: %s.' % (
                wanted, ', '.join(FORMATS)))
    header = _header(path)
    found = QCOW2 if header.startswith(_QCOW2_MAGIC) else RAW
    if wanted not in (None, found):
        raise exception.Invalid(
            reason='%s is %s, not %s. Leave --format out, or convert it '
                   'with qemu-img.' % (path, found, wanted))
    if found == QCOW2:
        _require_standalone(path, header)
        return found
    for magic, name in _FOREIGN:
        if header.startswith(magic):
            raise exception.Invalid(
                reason='%s is %s. Unpack it, or convert it with qemu-img '
                       'to qcow2 or raw.' % (path, name))
    return found


def copy(source, target):
    """Copy a file, leaving holes where there are only zeros.

    The target appears when it is complete and on disk.

    :returns: (size in bytes, SHA-256 in hexadecimal)
    :raises: OSError
    """
    digest, zeros = hashlib.sha256(), bytes(_CHUNK)
    partial = target + '.part'
    try:
        with open(source, 'rb') as reader, open(partial, 'wb') as writer:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                if chunk == zeros[:len(chunk)]:
                    writer.seek(len(chunk), os.SEEK_CUR)
                else:
                    writer.write(chunk)
            size = writer.tell()
            writer.truncate(size)
            writer.flush()
            os.fsync(writer.fileno())
        os.rename(partial, target)
    except BaseException:
        remove(partial)
        raise
    return size, digest.hexdigest()


def remove(path):
    """Remove a file that may be gone already."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _header(path):
    """Return the first 512 bytes of a file."""
    try:
        with open(path, 'rb') as reader:
            header = reader.read(512)
    except OSError as error:
        raise exception.Invalid(reason='%s cannot be read: %s.' % (
            path, error.strerror))
    if not header:
        raise exception.Invalid(reason='%s is empty.' % path)
    return header


def _require_standalone(path, header):
    """Refuse an image that would make a guest read another host file."""
    if len(header) < 80:
        raise exception.Invalid(
            reason='%s begins like qcow2 but is cut short.' % path)
    version, backing = struct.unpack('>IQ', header[4:16])
    features = struct.unpack('>Q', header[72:80])[0] if version > 2 else 0
    if backing or features & _QCOW2_EXTERNAL_DATA:
        raise exception.Invalid(
            reason='%s needs another file. Make it stand alone with '
                   'qemu-img convert.' % path)
