"""What crosses the wire: versioned objects, and who is asking."""

import contextlib
import contextvars

import oslo_messaging
from oslo_versionedobjects import base as ovo_base

from nova_gs import context
from nova_gs.objects import base
from nova_gs.rpc import freshness

_asked = contextvars.ContextVar('asked', default=None)


@contextlib.contextmanager
def saying(asked):
    """Let what is sent inside the block, in this thread, say how it waits.

    It is no part of the RequestContext: that is who asks, and goes on with
    whatever is asked of others in turn.

    :param asked: freshness.Asked, or None to say nothing
    """
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)


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
        values, asked = ctxt.to_dict(), _asked.get()
        if asked is not None:
            values[freshness.KEY] = asked.to_wire()
        return values

    def deserialize_context(self, ctxt):
        return context.RequestContext.from_dict(ctxt)
