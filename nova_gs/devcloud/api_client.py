"""A small client of the Compute API, for the demo and for tests.

It sends what it is told and shows the answer as it came, which is what tests
want; users have ``openstack``.
"""

import dataclasses
import http.client
import json
import urllib.parse

from nova_gs.devcloud import errors
from nova_gs.devcloud import waiting

MICROVERSION = '2.74'
_HEADERS = ('OpenStack-API-Version', 'X-OpenStack-Nova-API-Version')


@dataclasses.dataclass(frozen=True)
class Response:
    """One answer; ``body`` is parsed JSON, or None when there was none."""

    status: int
    headers: dict
    body: object

    @property
    def request_id(self):
        """Return the id that the instance action has too."""
        return self.headers.get('x-openstack-request-id')


class ApiError(errors.DevcloudError):
    """The API answered with 4xx or 5xx.

    :param response: ``Response``
    """

    def __init__(self, method, path, response):
        self.response = response
        self.status = response.status
        super().__init__('%s %s: %d %s' % (
            method, path, response.status, _message(response.body)))


class ApiUnreachable(errors.DevcloudError):
    """Nobody answers at the API's address."""


class Client:
    """The API of one cloud.

    :param url: of nova-api, without a path
    :param microversion: sent unless a request names another
    :param timeout: seconds that one request may take
    """

    def __init__(self, url, microversion=MICROVERSION, timeout=60):
        self.url = url
        self.microversion = microversion
        self._address = urllib.parse.urlsplit(url).netloc
        self._timeout = timeout

    def request(self, method, path, body=None, microversion=None):
        """Send one request and return its Response.

        :param path: below /v2.1, such as 'servers/detail'; with a leading
            slash, below the root
        :param body: what to send as JSON
        :raises: ApiError, ApiUnreachable
        """
        version = microversion or self.microversion
        headers = {_HEADERS[0]: 'compute ' + version, _HEADERS[1]: version}
        data = None
        if body is not None:
            data = json.dumps(body)
            headers['Content-Type'] = 'application/json'
        full = path if path.startswith('/') else '/v2.1/' + path
        response = self._send(method, full, data, headers)
        if response.status >= 400:
            raise ApiError(method, full, response)
        return response

    def get(self, path, **kwargs):
        """Return the body of a GET."""
        return self.request('GET', path, **kwargs).body

    def answers(self):
        """Return whether the API is there."""
        try:
            return self.request('GET', '/').status < 400
        except errors.DevcloudError:
            return False

    def services(self, **filters):
        """Return os-services, as a list of dicts."""
        return self.get('os-services' + _query(filters))['services']

    def service(self, host, binary='nova-compute'):
        """Return the service of a host, or None."""
        found = self.services(host=host, binary=binary)
        return found[0] if found else None

    def create_server(self, name, image='ticker', flavor='1', host=None,
                      networks='none'):
        """Ask for a server and return its uuid.

        :param image: name or id
        :param host: where it shall run; None leaves it to the scheduler
        :param networks: 'none', 'auto' or a list, as the API has it
        """
        server = {'name': name, 'imageRef': self.image_id(image),
                  'flavorRef': flavor, 'networks': networks}
        if host:
            server['host'] = host
        response = self.request('POST', 'servers', {'server': server})
        return response.body['server']['id']

    def create_flavor(self, name, **sizes):
        """Make a flavor and return its id.

        :param sizes: ``ram``, ``swap`` (MiB), ``disk`` (GiB), ``vcpus``
        """
        return self.request('POST', 'flavors', {'flavor': {
            'name': name, 'ram': 64, 'vcpus': 1, 'disk': 0, **sizes,
        }}).body['flavor']['id']

    def image_id(self, name):
        """Return the id of an image by its name (or id)."""
        images = self.get('/image/v2/images')['images']
        for image in images:
            if name in (image['name'], image['id']):
                return image['id']
        raise errors.DevcloudError('There is no image %s.' % name)

    def server(self, uuid):
        """Return one server as a dict."""
        return self.get('servers/' + uuid)['server']

    def delete_server(self, uuid):
        """Ask for the deletion of a server."""
        return self.request('DELETE', 'servers/' + uuid)

    def action(self, uuid, name, arguments=None):
        """Post an action such as os-stop and return the Response."""
        return self.request('POST', 'servers/%s/action' % uuid,
                            {name: arguments})

    def tell(self, *events):
        """Post external events and return the Response.

        :param events: dicts with ``server_uuid``, ``name``, ``tag``
        """
        return self.request('POST', 'os-server-external-events',
                            {'events': list(events)})

    def interfaces(self, uuid):
        """Return the interfaces of a server."""
        return self.get('servers/%s/os-interface' % uuid)[
            'interfaceAttachments']

    def live_migrate(self, uuid, host=None, block_migration='auto'):
        """Ask for a live migration and return the Response (a 202)."""
        return self.action(uuid, 'os-migrateLive', {
            'host': host, 'block_migration': block_migration})

    def console(self, uuid, length=None):
        """Return what is on a server's console as a string."""
        arguments = {} if length is None else {'length': length}
        return self.action(
            uuid, 'os-getConsoleOutput', arguments).body['output']

    def console_url(self, uuid):
        """Return a URL at which a server's screen is seen for a while."""
        return self.request(
            'POST', 'servers/%s/remote-consoles' % uuid,
            {'remote_console': {'protocol': 'vnc', 'type': 'novnc'}}
        ).body['remote_console']['url']

    def live_migrations(self, uuid):
        """Return the server's live migrations in progress."""
        return self.get('servers/%s/migrations' % uuid)['migrations']

    def migrations(self, uuid):
        """Return all migrations of a server, the newest first."""
        return self.get('os-migrations' + _query(
            {'instance_uuid': uuid}))['migrations']

    def instance_action(self, uuid, request_id):
        """Return one instance action, with its events."""
        return self.get('servers/%s/os-instance-actions/%s' % (
            uuid, request_id))['instanceAction']

    def await_server(self, uuid, timeout=60, cancelled=None, **fields):
        """Wait until a server's fields are as given and return it.

        ``status='ACTIVE'``, ``host='host-b'``, ``task_state=None``; a server
        in ERROR ends the wait unless that is what is waited for.

        :raises: DevcloudError when it comes otherwise
        """
        wanted = {_FIELDS.get(name, name): value
                  for name, value in fields.items()}

        def arrived():
            server = self.server(uuid)
            if all(server.get(name) == value
                   for name, value in wanted.items()):
                return server
            if server['status'] == 'ERROR':
                raise errors.DevcloudError('Server %s is in ERROR: %s' % (
                    uuid, (server.get('fault') or {}).get('message')))
            return None

        server = waiting.until(arrived, timeout, cancelled, every=0.05)
        if server is None:
            raise errors.DevcloudError(
                'Server %s is not %s after %d s; it is %s.' % (
                    uuid, fields, timeout, {
                        name: self.server(uuid).get(name)
                        for name in wanted}))
        return server

    def await_gone(self, uuid, timeout=60):
        """Wait until a server is deleted; raises DevcloudError."""
        def gone():
            try:
                self.server(uuid)
            except ApiError as error:
                return error.status == 404
            return False

        if not waiting.until(gone, timeout, every=0.05):
            raise errors.DevcloudError(
                'Server %s is still there after %d s.' % (uuid, timeout))

    def _send(self, method, path, data, headers):
        connection = http.client.HTTPConnection(
            self._address, timeout=self._timeout)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ApiUnreachable('%s does not answer %s %s: %s' % (
                self.url, method, path, error)) from error
        finally:
            connection.close()
        return Response(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            _parse(content))


_FIELDS = {
    'host': 'OS-EXT-SRV-ATTR:host',
    'task_state': 'OS-EXT-STS:task_state',
    'vm_state': 'OS-EXT-STS:vm_state',
}


def _query(filters):
    return '?' + urllib.parse.urlencode(filters) if filters else ''


def _parse(content):
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode('utf-8', 'replace')


def _message(body):
    """Return the sentence in an error's body."""
    if isinstance(body, dict) and len(body) == 1:
        inner = next(iter(body.values()))
        if isinstance(inner, dict) and 'message' in inner:
            return inner['message']
    return str(body)
