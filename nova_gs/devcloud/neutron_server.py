"""A stand-in for Neutron: binds ports, and tells Nova a set time later.

::

    python -m nova_gs.devcloud.neutron_server --port P --nova URL --delay S
        [--listen ADDRESS]

It has one network and as much of the Network API as nova_gs and its clients
use.  What it has is in its memory.  ``PUT /stand-in`` changes how it is::

    {"bridges": {"host-b": "br0"}, "extensions": []}

Ports are bound to the bridge of their host there, and a port may have several
bindings only as long as ``binding-extended`` is among the extensions.
"""

import argparse
import http.server
import json
import re
import signal
import threading
import urllib.parse
import uuid

from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors

NETWORK = {
    'id': 'b0c1d2e3-4f50-4617-8829-3a4b5c6d7e8f', 'name': 'private',
    'status': 'ACTIVE', 'admin_state_up': True, 'shared': True,
    'router:external': False, 'subnets': [], 'mtu': 1500,
    'project_id': 'admin', 'tenant_id': 'admin',
}

#: QEMU's own network: needs neither a bridge nor rights.
VIF_TYPE = 'user'

#: Seconds between two tries to tell Nova.
TELL_EVERY = 0.5

#: What it can be asked whether it has.
EXTENSION = 'binding-extended'

_PATH = re.compile(r'/v2\.0/(?P<what>networks|ports)(/(?P<id>[\w-]+))?')
_BINDINGS = re.compile(r'/v2\.0/ports/(?P<id>[\w-]+)/bindings'
                       r'(/(?P<host>[\w.-]+)(?P<verb>/activate)?)?')
_SETTINGS = '/stand-in'

_IN_USE, _SPARE = 'ACTIVE', 'INACTIVE'


class Neutron:
    """The ports, and the clock that tells of them.

    :param tell: callable(port, name of the event)
    :param delay: seconds from a port's binding to the event
    """

    def __init__(self, tell, delay):
        self._tell = tell
        self._delay = delay
        self._lock = threading.Lock()
        self._ports = {}
        #: {port's ID: {host: binding}}
        self._bindings = {}
        self._made = 0
        #: See the module.
        self.bridges = {}
        self.extensions = [EXTENSION]

    def ports(self, **wanted):
        """Return the ports whose fields are as wanted."""
        with self._lock:
            return [dict(port) for port in self._ports.values()
                    if all(port.get(name) == value
                           for name, value in wanted.items())]

    def create(self, values):
        """Make a port and return it."""
        with self._lock:
            self._made += 1
            number = self._made
            port = {
                'id': str(uuid.uuid4()), 'network_id': NETWORK['id'],
                'name': '', 'admin_state_up': True, 'status': 'DOWN',
                'device_id': '', 'device_owner': '', 'project_id': 'admin',
                'mac_address': 'fa:16:3f:00:%02x:%02x' % divmod(number, 256),
                'fixed_ips': [{'subnet_id': str(uuid.uuid4()), 'ip_address':
                               '10.20.%d.%d' % divmod(number + 1, 256)}],
                'binding:host_id': '', 'binding:vif_type': 'unbound',
                'binding:vif_details': {}}
            self._ports[port['id']] = port
            self._bindings[port['id']] = {}
        return self.update(port['id'], values)

    def update(self, port_id, values):
        """Change a port, bind it if need be; None when there is none."""
        with self._lock:
            port = self._ports.get(port_id)
            if port is None:
                return None
            before = port['binding:host_id']
            port.update(values)
            host = port['binding:host_id']
            if host != before:
                self._bindings[port_id].pop(before, None)
                if host:
                    self._bind(port_id, host)
                self._use(port, host)
                port['status'] = 'DOWN'
            return dict(port)

    def delete(self, port_id):
        """Remove a port; whether it was there."""
        with self._lock:
            self._bindings.pop(port_id, None)
            return self._ports.pop(port_id, None) is not None

    # -- several bindings of a port

    def bindings(self, port_id):
        """Return the bindings of a port; None when there is none."""
        with self._lock:
            found = self._bindings.get(port_id)
            return None if found is None else [
                dict(one) for one in found.values()]

    def bind(self, port_id, host):
        """Add a binding that is not in use.

        :returns: it; None when the port has one to this host already
        """
        with self._lock:
            if host in self._bindings[port_id]:
                return None
            return dict(self._bind(port_id, host))

    def activate(self, port_id, host):
        """Put a binding to use; returns it, None when there is none."""
        with self._lock:
            binding = self._bindings.get(port_id, {}).get(host)
            if binding is not None:
                self._use(self._ports[port_id], host)
            return binding and dict(binding)

    def unbind(self, port_id, host):
        """Remove a binding; whether it was there."""
        with self._lock:
            return self._bindings.get(port_id, {}).pop(
                host, None) is not None

    def _bind(self, port_id, host):
        bridge = self.bridges.get(host)
        binding = {'host': host, 'vnic_type': 'normal', 'profile': {},
                   'vif_type': 'bridge' if bridge else VIF_TYPE,
                   'vif_details': {'bridge_name': bridge} if bridge else {},
                   'status': _SPARE}
        self._bindings[port_id][host] = binding
        self._later(port_id, host)
        return binding

    def _use(self, port, host):
        for one in self._bindings[port['id']].values():
            one['status'] = _IN_USE if one['host'] == host else _SPARE
        binding = self._bindings[port['id']].get(host, {})
        port['binding:host_id'] = host
        port['binding:vif_type'] = binding.get('vif_type', 'unbound')
        port['binding:vif_details'] = binding.get('vif_details', {})

    def _later(self, port_id, host):
        timer = threading.Timer(self._delay, self._plugged, (port_id, host))
        timer.daemon = True
        timer.start()

    def _plugged(self, port_id, host):
        with self._lock:
            port = self._ports.get(port_id)
            if port is None or host not in self._bindings[port_id]:
                return
            if port['binding:host_id'] == host:
                port['status'] = 'ACTIVE'
            told = dict(port)
        if told['device_id']:
            self._tell(told, 'network-vif-plugged')


class Teller:
    """Tells nova-api of events, again and again if it is away.

    :param url: of nova-api
    """

    def __init__(self, url):
        # As Neutron does, by the oldest version.
        self._client = api_client.Client(url, microversion='2.1')
        self._never = threading.Event()

    def __call__(self, port, name):
        while True:
            try:
                self._client.request('POST', 'os-server-external-events', {
                    'events': [{'server_uuid': port['device_id'],
                                'name': name, 'status': 'completed',
                                'tag': port['id']}]})
                return
            except api_client.ApiUnreachable:
                self._never.wait(TELL_EVERY)
            except errors.DevcloudError as error:
                print('%s of port %s was not told: %s' % (
                    name, port['id'], error), flush=True)
                return


class Handler(http.server.BaseHTTPRequestHandler):
    """One request; ``server.neutron`` has the ports."""

    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        """Show what there is."""
        url = urllib.parse.urlsplit(self.path)
        match = _PATH.fullmatch(url.path.rstrip('/'))
        if match is None:
            self._rest(url.path)
        elif match['what'] == 'networks':
            found = {NETWORK['id']: NETWORK}
            self._show('network', match['id'], found)
        else:
            wanted = {name: value for name, value in
                      urllib.parse.parse_qsl(url.query) if name != 'fields'}
            self._show('port', match['id'], {
                port['id']: port
                for port in self.server.neutron.ports(**wanted)})

    def do_POST(self):
        """Make a port, or a further binding of one."""
        match = self._match_bindings(self.path)
        if match:
            made = self.server.neutron.bind(
                match['id'], self._body()['binding']['host'])
            self._answer(201 if made else 409, {'binding': made})
            return
        self._answer(201, {'port': self.server.neutron.create(
            self._body()['port'])})

    def do_PUT(self):
        """Change a port, put a binding to use, or change how it is."""
        match = self._match_bindings(self.path)
        if match:
            self._body()
            used = self.server.neutron.activate(match['id'], match['host'])
            self._answer(200 if used else 404, {'binding': used})
            return
        if self.path == _SETTINGS:
            vars(self.server.neutron).update(self._body())
            self._answer(204)
            return
        port = self.server.neutron.update(
            _PATH.fullmatch(self.path)['id'], self._body()['port'])
        self._answer(200 if port else 404, {'port': port})

    def do_DELETE(self):
        """Remove a port, or a binding of one."""
        neutron, match = self.server.neutron, self._match_bindings(self.path)
        was = (neutron.unbind(match['id'], match['host']) if match else
               neutron.delete(_PATH.fullmatch(self.path)['id']))
        self._answer(204 if was else 404)

    def log_message(self, *args):
        """Say nothing of each request."""

    def _match_bindings(self, path):
        """Return the match of a path that is about bindings, or None."""
        return (EXTENSION in self.server.neutron.extensions
                and _BINDINGS.fullmatch(path))

    def _rest(self, path):
        match = self._match_bindings(path)
        if match:
            found = self.server.neutron.bindings(match['id'])
            self._answer(404 if found is None else 200, {'bindings': found})
        elif path.removeprefix('/v2.0/extensions/') in (
                self.server.neutron.extensions):
            self._answer(200, {'extension': {'alias': EXTENSION}})
        else:
            self._root(path)

    def _root(self, path):
        url = 'http://%s/v2.0/' % self.headers.get('Host')
        if path == '/':
            self._answer(200, {'versions': [{
                'id': 'v2.0', 'status': 'CURRENT',
                'links': [{'rel': 'self', 'href': url}]}]})
        else:
            self._answer(404, {'NeutronError': {'message': 'Not found.'}})

    def _show(self, what, identity, found):
        if identity is None:
            self._answer(200, {what + 's': list(found.values())})
        elif identity in found:
            self._answer(200, {what: found[identity]})
        else:
            self._answer(404, {'NeutronError': {'message': 'Not found.'}})

    def _body(self):
        return json.loads(self.rfile.read(
            int(self.headers.get('Content-Length', 0))) or b'null')

    def _answer(self, code, body=None):
        content = b'' if body is None else json.dumps(body).encode()
        self.send_response(code)
        self.send_header('Content-Length', str(len(content)))
        if content:
            self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(content)


def serve(address, neutron):
    """Return a server, not yet serving.

    :param address: (IPv4 address, port) that it listens on
    """
    server = http.server.ThreadingHTTPServer(address, Handler)
    server.daemon_threads = True
    server.neutron = neutron
    return server


def make_parser():
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m nova_gs.devcloud.neutron_server',
        description='A stand-in for Neutron.')
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--listen', default='127.0.0.1', metavar='ADDRESS',
                        help='IPv4 address (default: %(default)s); '
                             'whoever reaches it can do anything')
    parser.add_argument('--nova', required=True, help='URL of nova-api')
    parser.add_argument('--delay', type=float, default=1,
                        help='seconds from the binding of a port to its '
                             'network-vif-plugged')
    return parser


def main(argv=None):
    """Run until SIGTERM or SIGINT."""
    args = make_parser().parse_args(argv)
    ending = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    server = serve((args.listen, args.port),
                   Neutron(Teller(args.nova), args.delay))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait(ending)


if __name__ == '__main__':
    main()
