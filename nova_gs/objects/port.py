"""Ports: the network interfaces of an instance, kept in its record."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class Port(base.NovaObject):
    """One interface of an instance.

    ``id`` and ``mac_address`` are None until the port is made.  ``vif_type``
    says how its guest is plugged in, see ``virt.driver.Plug``; ``details``
    goes with it.  ``is_made`` tells whether it was made for this instance,
    and so goes with it.  Each of ``fixed_ips`` has ``ip_address`` and
    ``subnet_id``.
    """

    VERSION = '1.0'
    fields = {
        'id': fields.StringField(nullable=True),
        'network_id': fields.StringField(),
        'network_name': fields.StringField(nullable=True),
        'mac_address': fields.StringField(nullable=True),
        'fixed_ips': fields.ListOfDictsField(default=[]),
        'vif_type': fields.StringField(nullable=True),
        'details': fields.DictOfStringsField(default={}),
        'tag': fields.StringField(nullable=True),
        'is_made': fields.BooleanField(default=True),
    }

    def columns(self):
        """Return its fields as the store takes them: plain values."""
        return {name: getattr(self, name) for name in self.fields
                if self.obj_attr_is_set(name)}
