"""What crosses the wire: versioned objects, and who is asking."""

import oslo_messaging
from oslo_versionedobjects import base as ovo_base

from nova_gs import context
from nova_gs.objects import base


class ObjectSerializer(ovo_base.VersionedObjectSerializer):
    """Turns our objects into primitives and back."""

    OBJ_BASE_CLASS = base.NovaObject


class RequestSerializer(oslo_messaging.Serializer):
    """Carries the RequestContext beside the arguments."""

    def __init__(self):
        self._entities = ObjectSerializer()

    def serialize_entity(self, ctxt, entity):
        return self._entities.serialize_entity(ctxt, entity)

    def deserialize_entity(self, ctxt, entity):
        return self._entities.deserialize_entity(ctxt, entity)

    def serialize_context(self, ctxt):
        return ctxt.to_dict()

    def deserialize_context(self, ctxt):
        return context.RequestContext.from_dict(ctxt)
