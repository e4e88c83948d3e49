"""What every payload shares: its namespace and how it is made known.

Payloads are versioned like the objects, but are no records: nobody loads or
saves them, so they are in no registry.
"""

from oslo_versionedobjects import base

#: Class decorator of each payload.
payload = base.VersionedObjectRegistry.objectify


class Payload(base.VersionedObject):
    """Base of all payloads.

    ``SENTENCES`` says of each field what it holds; the readers' page is made
    from it.
    """

    OBJ_SERIAL_NAMESPACE = 'nova_gs_object'
    OBJ_PROJECT_NAMESPACE = 'nova_gs'
    VERSION = '1.0'
    SENTENCES = {}
