"""What lets somebody without an account see a guest's console for a while."""

import hashlib
import secrets

from nova_gs.objects import base
from nova_gs.objects import fields

#: Bytes of chance in a token.
_CHANCE = 32


@base.NovaObjectRegistry.register
class ConsoleToken(base.NovaObject):
    """A token, known by its hash; the token itself is only in the URL.

    It names the guest and no host: where the guest is, is asked each time
    that the token is used.
    """

    VERSION = '1.0'
    fields = {
        'instance_uuid': fields.StringField(),
        'console_type': fields.StringField(),
        'expires_at': fields.DateTimeField(),
    }

    @classmethod
    def hand_out(cls, context, instance, console_type, ttl):
        """Make a token for a guest's console and return it, a string.

        :param console_type: one of ``fields.ConsoleType``
        :param ttl: seconds for which it is of use
        """
        token = secrets.token_urlsafe(_CHANCE)
        cls.create(context, _hash(token), instance.uuid, console_type, ttl)
        return token

    @classmethod
    def get(cls, context, token):
        """Return what a token is for.

        :raises: ConsoleTokenNotFound, also when it has expired
        """
        return cls.get_by_hash(context, _hash(token))

    @classmethod
    @base.remotable
    def create(cls, context, token_hash, instance_uuid, console_type, ttl):
        """Do what ``hand_out`` says; returns the ConsoleToken."""
        return cls.from_row(context, base.store().console_tokens.create(
            {'token_hash': token_hash, 'instance_uuid': instance_uuid,
             'console_type': console_type}, ttl))

    @classmethod
    @base.remotable
    def get_by_hash(cls, context, token_hash):
        """Do what ``get`` says."""
        return cls.from_row(
            context, base.store().console_tokens.get_by_hash(token_hash))


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()
