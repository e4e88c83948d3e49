"""From a token to the guest's console, wherever the guest is now."""

import dataclasses

from nova_gs.consoles import outlook
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client

#: Seconds that a host, or a conductor, may take to answer.
WITHIN = 10


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a guest's console is.

    :param host: name of the guest's host
    :param address: (host, port) to connect to
    :param console_type: one of ``fields.ConsoleType``
    """

    host: str
    address: tuple
    console_type: str


class NotThere(Exception):
    """There is no console to show; ``outlook`` says why."""

    def __init__(self, why):
        super().__init__(why.text)
        self.outlook = why


class Finder:
    """Asks the conductors and the hosts; may be used by many threads.

    :param compute_rpcapi: compute.rpcapi.ComputeAPI
    """

    def __init__(self, compute_rpcapi):
        self._context = context.get_admin_context()
        self._compute = compute_rpcapi

    def find(self, token):
        """Return the Place of the guest that a token is for.

        :raises: NotThere
        """
        with rpc_client.at_most(WITHIN):
            try:
                record = objects.ConsoleToken.get(self._context, token)
                instance = self._instance(record)
                found = self._compute.validate_console_port(
                    self._context, instance.host, instance,
                    record.console_type)
            except exception.NovaGSException as error:
                raise NotThere(self._why(token, error)) from error
        return Place(instance.host, (found['host'], found['port']),
                     record.console_type)

    def outlook(self, token):
        """Return the Outlook of a token's guest, by its records."""
        return self._by_records(token, outlook.of)

    def end(self, token, before=None):
        """Return why a guest's console is not there: an Outlook.

        :param before: name of the host that it was on, if it was
        """
        return self._by_records(
            token, lambda *records: outlook.of_end(before, *records))

    def _why(self, token, error):
        if isinstance(error, exception.ConsoleTokenNotFound):
            return outlook.EXPIRED
        if isinstance(error, exception.ConsoleTypeUnavailable):
            return outlook.NO_CONSOLE
        return self.end(token)

    def _by_records(self, token, judge):
        try:
            with rpc_client.at_most(WITHIN):
                record = objects.ConsoleToken.get(self._context, token)
                instance = self._instance(record)
                return judge(instance, self._phase(instance.host))
        except exception.ConsoleTokenNotFound:
            return outlook.EXPIRED
        except exception.InstanceNotFound:
            return outlook.DELETED
        except exception.ConsoleNotReady:
            return outlook.OFF
        except exception.NovaGSException:
            # Nobody answers at present.
            return outlook.LOST

    def _instance(self, record):
        instance = objects.Instance.get_by_uuid(
            self._context, record.instance_uuid)
        if not instance.host:
            raise exception.ConsoleNotReady(
                instance_id=instance.uuid, why='it is on no host')
        return instance

    def _phase(self, host):
        try:
            return objects.Service.get_by_host_and_binary(
                self._context, host, fields.Binary.COMPUTE).phase
        except exception.ServiceNotFound:
            return None
