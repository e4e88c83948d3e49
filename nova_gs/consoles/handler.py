"""One connection of a browser: a page, what is to be said, or a console."""

import contextlib
import functools
import http.server
import json
import os
import socket
import urllib.parse

from oslo_log import log as logging
from websockify import websocket
from websockify import websocketserver

from nova_gs.consoles import finder
from nova_gs.consoles import outlook
from nova_gs.consoles import relay
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: Our own files; all others are noVNC's.
OURS = ('console.css', 'console.html', 'console.js')
STATIC = os.path.join(os.path.dirname(__file__), 'static')

#: Where a page asks what is to be said, besides the screen.
STATE = '/console/state'

#: What says on a host where its guests' consoles are reached.
_OPTIONS = {fields.ConsoleType.NOVNC: '[vnc] server_proxyclient_address',
            fields.ConsoleType.SERIAL:
                '[serial_console] proxyclient_address'}

#: Seconds in which a console must take our connection.
CONNECTED_WITHIN = 5

#: Seconds that a browser has to hear the end of a connection.
HEARD_WITHIN = 1

#: Parts of messages that a browser may still say before it answers.
HEARD_AFTER = 1000


def token_of(path):
    """Return the token in a request's path, '' without one."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
    return query.get('token', [''])[0]


def may_come_from(origin, host, allowed):
    """Whether pages of a site may open consoles here.

    Otherwise any page could, in the browser of somebody who has a token in
    it.  What is no browser says no origin.

    :param origin: the header Origin, or None
    :param host: the header Host: what the browser thinks that we are
    :param allowed: further names, with or without a port
    """
    if origin is None:
        return True
    parts = urllib.parse.urlsplit(origin)
    if not parts.netloc:
        return False
    return parts.netloc == host or bool(
        {parts.netloc, parts.hostname} & set(allowed))


class Socket(websocketserver.HttpWebSocket):
    """Also for clients that ask for the protocol ``binary`` by name."""

    def select_subprotocol(self, protocols):
        return next((one for one in protocols if one.strip() == 'binary'),
                    '')


class Handler(websocketserver.WebSocketRequestHandlerMixIn,
              http.server.SimpleHTTPRequestHandler):
    """Made for each connection by ``server.Server``, which it is given."""

    SocketClass = Socket
    protocol_version = 'HTTP/1.1'
    server_version = 'nova-novncproxy'
    sys_version = ''
    #: Seconds in which a request must come.
    timeout = 30

    def __init__(self, connection, address, server):
        super().__init__(connection, address, server,
                         directory=server.web)

    # -- pages

    def do_GET(self):
        with self.server.answering():
            if urllib.parse.urlsplit(self.path).path == STATE:
                self._say(self.server.finder.outlook(token_of(self.path)))
            else:
                super().do_GET()

    def _say(self, found):
        body = json.dumps({
            'kind': found.kind, 'text': found.text,
            'again': found.again}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path):
        name = urllib.parse.urlsplit(path).path.lstrip('/')
        if name in OURS:
            return os.path.join(STATIC, name)
        return super().translate_path(path)

    def list_directory(self, path):
        self.send_error(404)

    def end_headers(self):
        # The page's URL has the token in it: others must not learn of it.
        self.send_header('Referrer-Policy', 'no-referrer')
        self.send_header('X-Content-Type-Options', 'nosniff')
        self.send_header('Cache-Control', 'no-cache')
        super().end_headers()

    def log_message(self, format, *args):
        # Without the request: it may have a token in it.
        LOG.debug('%s: %s', self.client_address[0], self.command)

    # -- consoles

    def handle_upgrade(self):
        origin = self.headers.get('Origin')
        if may_come_from(origin, self.headers.get('Host'),
                         self.server.allowed_origins):
            super().handle_upgrade()
            return
        LOG.warning('A page of %s was refused a console: it is not one of '
                    '[vnc] allowed_origins.', origin)
        self.close_connection = True
        self.send_error(403, 'This page may not open consoles')

    def handle_websocket(self):
        with self.server.showing():
            why = self._show()
            if why is not None:
                _end(self.request, why)

    def _show(self):
        """Show a console until that ends; return what is to be said then.

        :returns: Outlook; None when the browser has left
        """
        token = token_of(self.path)
        try:
            place = self.server.finder.find(token)
        except finder.NotThere as error:
            LOG.info('%s gets no console: %s', self.client_address[0], error)
            return error.outlook
        with self._seat(place) as taken:
            try:
                screen = socket.create_connection(
                    place.address, timeout=CONNECTED_WITHIN)
            except OSError as error:
                LOG.warning('The %s console at %s port %d on host %s cannot '
                            'be reached: %s. See %s there.',
                            place.console_type, *place.address, place.host,
                            error, _OPTIONS[place.console_type])
                return outlook.LOST
            with screen:
                ended = self._relay(place, screen, taken)
        return self._reasons(token, place)[ended]()

    def _seat(self, place):
        """Return a context of what tells that another one has come."""
        if _waits(place):
            return contextlib.nullcontext()
        return self.server.seats.take(place.address)

    def _relay(self, place, screen, taken):
        for end in (screen, self.request):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends = {self.server.stopped: relay.Ended.STOPPED}
        if taken is not None:
            ends[taken] = relay.Ended.TAKEN
        LOG.info('%s sees a %s console of host %s.', self.client_address[0],
                 place.console_type, place.host)
        ended = relay.Relay(
            self.request, screen, ends, waits=_waits(place)).run()
        LOG.info('%s sees that %s console of host %s no longer: %s has '
                 'ended.', self.client_address[0], place.console_type,
                 place.host, ended.value)
        return ended

    def _reasons(self, token, place):
        return {
            relay.Ended.BROWSER: lambda: None,
            relay.Ended.STOPPED: lambda: outlook.RESTARTING,
            relay.Ended.TAKEN: lambda: outlook.TAKEN,
            relay.Ended.SLOW: lambda: outlook.SLOW,
            relay.Ended.SCREEN: functools.partial(
                self.server.finder.end, token, place.host),
        }


def _waits(place):
    """Whether a guest may wait for who looks, and many may look."""
    return place.console_type != fields.ConsoleType.SERIAL


def _end(browser, why):
    """Tell a browser why its connection ends, and let it hear that.

    :param browser: websockify's WebSocket
    :param why: Outlook
    """
    try:
        browser.setblocking(True)
        browser.settimeout(HEARD_WITHIN)
        browser.shutdown(socket.SHUT_RDWR, why.code, why.text)
        # Closed with something unread, the connection would be reset, and
        # the reason lost.
        for _message in range(HEARD_AFTER):
            if not _has_more(browser):
                return
    except (OSError, ValueError, websocket.WebSocketWantWriteError):
        # It has left, or does not listen.
        LOG.debug('A browser was not there to hear why its console ends.')


def _has_more(browser):
    """Read a part of what a browser still says; False after the last."""
    try:
        return browser.recvmsg() is not None
    except websocket.WebSocketWantReadError:
        return True
