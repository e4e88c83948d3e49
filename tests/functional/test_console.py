"""A guest's consoles, through a drain and a live migration.

The guest is real, and so is the browser in which its screen is seen: the
picture in it is compared with the one that the hypervisor gives of the
guest's screen.  Its serial port is read by a client that knows no more than
the URL.  The guest's log is read on the way.
"""

import base64
import json
import os
import re
import subprocess
import urllib.parse

import libvirt

from nova_gs.consoles import outlook
from nova_gs.devcloud import api_client
from nova_gs.devcloud import console
from nova_gs.devcloud import guest_image
from tests.fixtures import browser as browsers
from tests.fixtures import viewer
from tests.functional import real_guests
from tests.functional import test_openstack_client
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

PATIENCE = real_guests.PATIENCE

#: Writes more than the migration may send, so it moves until it is let end.
IMAGE = guest_image.Ticker('ticker-seen', pages=32, region_mib=12)
BANDWIDTH = 4
ENOUGH = 1024

#: The share of a picture's points that may differ: a cursor blinks.
BLINKS = 0.002
#: Points that are lit on a screen on which anything is written.
LIT = 200

#: Compares the page's screen with a picture: {same size?, lit, different}.
_COMPARE = '''
(async () => {
  const screen = document.querySelector('#screen canvas');
  const given = await createImageBitmap(
      await (await fetch('data:image/png;base64,%s')).blob());
  const points = (image) => {
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height).data;
  };
  const seen = points(screen), expected = points(given);
  const near = (at) => [0, 1, 2].every(
      (colour) => Math.abs(seen[at + colour] - expected[at + colour]) < 16);
  let lit = 0, different = 0;
  for (let at = 0; at < seen.length; at += 4) {
    lit += seen[at] + seen[at + 1] + seen[at + 2] > 96;
    different += !near(at);
  }
  return {
    seen: [screen.width, screen.height],
    expected: [given.width, given.height],
    lit: lit, different: different / (seen.length / 4),
  };
})()
'''

#: Keeps what the page says from now on.
_LISTEN = '''
window.said = [];
new MutationObserver(() => window.said.push(
    document.getElementById('banner').textContent)).observe(
        document.getElementById('banner'),
        {childList: true, characterData: true, subtree: true});
'''


class ConsoleTestCase(real_guests.RealGuests, two_hosts.TwoHostsTestCase):

    OPTIONS = {
        'driver': 'libvirt', 'hosts': 2, 'consoles': True,
        'settings': ['libvirt.live_migration_bandwidth=%d' % BANDWIDTH]}

    SHARED = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cloud.add_image(IMAGE)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.delete_all)

    def url_of(self, name, kind):
        """Return what ``openstack console url show`` gives.

        :param kind: ``novnc`` or ``serial``
        """
        done = subprocess.run(
            [test_openstack_client.client(), 'console', 'url', 'show',
             '--' + kind, name, '-f', 'json'], capture_output=True,
            text=True, timeout=PATIENCE, env=dict(
                os.environ, **self.cloud.environment()))
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)['url']

    def let_migration_end(self, uuid, host):
        """Let a guest have all the bandwidth that it needs to leave."""
        try:
            self.domains(host)[uuid].migrateSetMaxSpeed(ENOUGH)
        except (KeyError, libvirt.libvirtError):
            # It has ended by itself.
            pass


class TestScreen(ConsoleTestCase):

    def setUp(self):
        super().setUp()
        self.browser = browsers.Browser()
        self.addCleanup(self.browser.close)

    def test_through_a_drain_and_a_migration(self):
        uuid = self.boot(SOURCE, IMAGE.name)
        url = self.url_of('guest', 'novnc')
        self.api.live_migrate(uuid, DESTINATION)
        self.await_that('memory moves', lambda: self.moves(uuid), PATIENCE)
        self.terminate(SOURCE)
        self.await_drain(SOURCE)
        self._check_refused(uuid)
        # The host drains, and the guest is still there.
        began = self.clock.now()
        self.browser.open(url)
        self._await_page('connected')
        self._check_seen(uuid, SOURCE)
        shown = self.clock.now() - began
        self.await_that('the page says so', lambda: 'about to move'
                        in self._said(), PATIENCE)
        self.browser.evaluate(_LISTEN)
        began = self.clock.now()
        self.let_migration_end(uuid, SOURCE)
        self.api.await_server(uuid, PATIENCE, host=DESTINATION,
                              status='ACTIVE', task_state=None)
        self._await_page('connected')
        self._check_seen(uuid, DESTINATION)
        again = self.clock.now() - began
        self.assertTrue(any(
            'to another host; reconnecting' in words for words
            in self.browser.evaluate('window.said')))
        self.assertEqual(0, self.await_exit(SOURCE)[0])
        self._check_log(uuid)
        self._check_proxy_restart(uuid)
        self._check_expiry(url)
        self.figure('console, drained and moved', opened_s=round(shown, 2),
                    seen_again_s=round(again, 2))

    def _check_refused(self, uuid):
        error = self.assertRaises(
            api_client.ApiError, self.api.console_url, uuid)
        self.assertEqual(409, error.status)
        self.assertIn('is draining', str(error))

    # -- the page

    def _said(self):
        return self.browser.evaluate(
            "document.getElementById('banner')?.textContent || ''")

    def _await_page(self, state):
        self.await_that('the page is %s' % state, lambda: (
            self.browser.evaluate('document.body?.dataset.state') == state),
            PATIENCE, every=0.05)

    def _check_seen(self, uuid, host):
        """The page shows what is on the guest's screen."""
        def look():
            found = self.browser.evaluate(_COMPARE % base64.b64encode(
                self._picture(uuid, host)).decode())
            self.assertEqual(found['expected'], found['seen'])
            return found['lit'] > LIT and found['different'] <= BLINKS

        self.await_that('the screen is seen', look, PATIENCE, every=0.1)
        self._keep('%s.png' % host)

    def _picture(self, uuid, host):
        """Return the guest's screen as its hypervisor sees it: a PNG."""
        domain = self.domains(host)[uuid]
        stream = domain.connect().newStream()
        domain.screenshot(stream, 0)
        chunks = []
        while chunk := stream.recv(1 << 18):
            chunks.append(chunk)
        stream.finish()
        return b''.join(chunks)

    def _keep(self, name):
        """Leave a screenshot where people may look at it."""
        folder = os.environ.get('NOVA_GS_SCREENSHOTS')
        if folder:
            with open(os.path.join(folder, name), 'wb') as out:
                out.write(self.browser.screenshot())

    # -- what else is so afterwards

    def _check_log(self, uuid):
        """The log's last lines are exact, after a move and a reboot."""
        self.start_both()
        self.await_ticks(uuid)
        self._check_tail(uuid)
        self.api.action(uuid, 'reboot', {'type': 'HARD'})
        self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                              task_state=None)
        self.await_that('it has booted again', lambda: len(set(re.findall(
            r'TICK \S+ (\w{8}) ', self.api.console(uuid)))) == 2, PATIENCE)
        self._check_tail(uuid)

    def _check_tail(self, uuid):
        path = os.path.join(
            self.cloud.layout.instances, uuid, 'console.log')
        for wanted in (1, 7, 100000):
            before = os.path.getsize(path)
            tail = self.api.console(uuid, wanted).encode()
            with open(path, 'rb') as log:
                whole = log.read()
            # It was the end at some moment in between.
            end = whole.index(tail, max(0, before - len(tail))) + len(tail)
            self.assertGreaterEqual(end, before)
            lines = whole[:end].split(b'\n')
            if not lines[-1]:
                lines.pop()
            self.assertEqual(min(wanted, len(lines)), len(
                tail.removesuffix(b'\n').split(b'\n')))

    def _check_proxy_restart(self, uuid):
        """A stop of the proxy is told to who looks, and costs a moment."""
        self._await_page('connected')
        self.browser.evaluate(_LISTEN)
        record = self.cloud.stop('novncproxy')
        self.assertEqual(0, record['exit_code'])
        self.await_that('the page says so', lambda: any(
            'being restarted' in words for words
            in self.browser.evaluate('window.said')), PATIENCE)
        self.cloud.start('novncproxy')
        self._await_page('connected')
        self._check_seen(uuid, DESTINATION)

    def _check_expiry(self, url):
        """Once its time is over, the URL lets nobody in any more."""
        self.records.expire_console_tokens()
        self.browser.open(url)
        self._await_page('over')
        self.assertIn('link has expired', self._said())
        sent = self.clock.utcnow().timestamp()
        record = self.cloud.stop('novncproxy')
        self.assertEqual(0, record['exit_code'])
        self.assert_prompt([record['ended_at'] - sent], two_hosts.PROMISE)
        self.cloud.start('novncproxy')


class Reader:
    """A client of a serial console.

    :param url: what ``openstack console url show --serial`` gives
    """

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self._viewer = viewer.Viewer(
            (parts.hostname, parts.port),
            '%s?%s' % (parts.path, parts.query), protocols=['binary'])
        self._read = b''
        #: All the lines that it has read.
        self.lines = []

    def line(self):
        """Return the next line of the ticker; None at the end."""
        while True:
            line, ended, rest = self._read.partition(b'\n')
            if not ended:
                more = self._viewer.read(1)
                if not more:
                    return None
                self._read += more
                continue
            self._read = rest
            # The first one may have begun before we came.
            if console.whole(line + ended):
                self.lines.append(line + ended)
                return line

    def end(self):
        """Read until the end; returns (code, reason)."""
        while self.line():
            pass
        return self._viewer.end()

    def leave(self):
        """Go without a word."""
        self._viewer.leave()


class TestSerial(ConsoleTestCase):
    """With the same URL the reader comes back to where the guest is."""

    def test_through_a_drain_and_a_migration(self):
        uuid = self.boot(SOURCE, IMAGE.name)
        self.url = self.url_of('guest', 'serial')
        self.assertRegex(self.url, r'^ws://[0-9.:]+/\?token=')
        self.lines, took = [], []
        for number in range(self.times(1, 10)):
            hosts = (SOURCE, DESTINATION)
            took.append(self._move(
                uuid, *(hosts if number % 2 == 0 else hosts[::-1])))
            self.start_both()
        self._check_taken(uuid)
        self._check_log(uuid)
        self.figure('serial console, drained and moved', moves=len(took),
                    read_again_s=round(max(took), 2), lines=len(self.lines))

    def _move(self, uuid, source, destination):
        """Return the seconds from the end on one host to the next line."""
        self.api.live_migrate(uuid, destination)
        self.await_that('memory moves', lambda: self.moves(uuid), PATIENCE)
        self.terminate(source)
        self.await_drain(source)
        # The host drains, and the guest is still there.
        reader = self._open()
        for _number in range(3):
            self.assertTrue(reader.line())
        self.let_migration_end(uuid, source)
        code, reason = reader.end()
        began = self.clock.now()
        self.lines += reader.lines
        self.assertEqual(outlook.Close.AGAIN, code)
        self.assertIn('to another host; reconnecting', reason)
        reader = self.await_that(
            'its port is there again', self._try_to_read, PATIENCE, every=0.1)
        took = self.clock.now() - began
        self.api.await_server(uuid, PATIENCE, host=destination,
                              status='ACTIVE', task_state=None)
        self.assertTrue(reader.line())
        self.lines += reader.lines
        reader.leave()
        self.assertEqual(0, self.await_exit(source)[0])
        return took

    def _open(self):
        reader = Reader(self.url)
        self.addCleanup(reader.leave)
        return reader

    def _try_to_read(self):
        """Return a reader that has read a line, None where there is none."""
        reader = self._open()
        if reader.line():
            return reader
        self.assertEqual(outlook.Close.AGAIN, reader.end()[0])
        return None

    def _check_taken(self, uuid):
        """Only one can have it, and the last one does."""
        first = self._open()
        self.assertTrue(first.line())
        second = self._open()
        self.assertTrue(second.line())
        code, reason = first.end()
        self.assertEqual(outlook.Close.OVER, code)
        self.assertIn('opened elsewhere', reason)
        self.lines += first.lines + second.lines
        second.leave()

    def _check_log(self, uuid):
        """All that was read is in the log, and all else that was written."""
        last = self.lines[-1].decode().strip()
        self.await_that('it is in the log',
                        lambda: last in self.api.console(uuid), PATIENCE)
        log = self.api.console(uuid)
        for line in self.lines:
            self.assertEqual(1, log.count(line.decode().strip()), line)
        life = console.read(log)
        self.assertTrue(life.unbroken, life)
        self.assertRegex(log, r'TICK \S+ \w{8} 00000001 ')
        self.assertGreaterEqual(life.ticks_seen, int(last.split()[3], 16))
