"""What the service records say of the hosts, read once per request."""

from nova_gs.api.views import services as service_view
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields


class Hosts:
    """The nova-compute services, by host; read when first asked for."""

    def __init__(self, call):
        self._call = call
        self._read = None

    @property
    def _services(self):
        if self._read is None:
            found = objects.ServiceList.get_by_filters(
                self._call.context, {'binary': fields.Binary.COMPUTE})
            self._read = {service.host: service for service in found}
        return self._read

    def service(self, host):
        """Return the Service of a host, None when there is none."""
        return self._services.get(host)

    def all(self):
        """Return every nova-compute Service."""
        return list(self._services.values())

    def zone_of(self, host):
        """Return the availability zone of a host, None when unknown."""
        service = host and self.service(host)
        return service_view.zone(service) if service else None

    def status_of(self, host):
        """Return the host_status that a server shows of its host."""
        if not host:
            return ''
        service = self.service(host)
        if service is None:
            return 'UNKNOWN'
        if service_view.status(service) == 'disabled':
            return 'MAINTENANCE'
        if self._call.services.servicegroup.is_up(service):
            return 'UP'
        return 'DOWN' if service.forced_down else 'UNKNOWN'

    def require_serving(self, host, letting_go=False):
        """Raise HostDraining when a host takes no such request.

        :param letting_go: also fine for a quiesced host
        :raises: HostDraining; HostUnavailable without a record
        """
        self._call.services.servicegroup.require_serving(
            self._recorded(host), letting_go)

    def require_up(self, host, letting_go=False):
        """The same, and raise HostUnavailable when the host is down."""
        self._call.services.servicegroup.require_up(
            self._recorded(host), letting_go)

    def _recorded(self, host):
        service = self.service(host)
        if service is None:
            raise exception.HostUnavailable(
                host=host, state='not on record')
        return service
