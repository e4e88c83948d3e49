"""nova-novncproxy as a process: it needs neither broker nor database."""

import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys

from nova_gs.consoles import outlook
from tests.fixtures import viewer
from tests.unit import base

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = 'from nova_gs.cmd import novncproxy; novncproxy.main()'

#: Far more than it takes, for machines that are busy.
WITHIN = 60


class ProcessTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.conf.state_path, 'nova.conf')
        self.web = os.path.join(self.conf.state_path, 'web')
        os.makedirs(os.path.join(self.web, 'core'))
        with open(os.path.join(self.web, 'core', 'rfb.js'), 'w') as script:
            script.write('export default 1;')
        with socket.create_server(('127.0.0.1', 0)) as listener:
            self.port = listener.getsockname()[1]
        self.options = {'novncproxy_port': self.port, 'novnc_web': self.web}

    def start(self):
        with open(self.path, 'w') as stream:
            stream.write('[DEFAULT]\ntransport_url = rabbit://127.0.0.1:1/\n'
                         '[vnc]\n')
            for item in self.options.items():
                stream.write('%s = %s\n' % item)
        process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', PROGRAM,
             '--config-file', self.path], cwd=ROOT,
            stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def serving(self):
        process, heard = self.start(), []
        for line in process.stdout:
            heard.append(line)
            if 'nova-novncproxy listens' in line:
                return process
        self.fail(''.join(heard))

    def refused(self):
        process = self.start()
        _, err = process.communicate(timeout=WITHIN)
        self.assertEqual(1, process.returncode, err)
        line, = err.splitlines()
        return line

    def test_serves_and_stops(self):
        process = self.serving()
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.port, timeout=WITHIN)
        self.addCleanup(connection.close)
        connection.request('GET', '/core/rfb.js')
        self.assertEqual(
            b'export default 1;', connection.getresponse().read())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(WITHIN))

    def test_without_a_broker_a_page_is_told_to_come_back(self):
        self.serving()
        looks = viewer.Viewer(('127.0.0.1', self.port))
        self.addCleanup(looks.leave)
        self.assertEqual((outlook.Close.AGAIN, outlook.LOST.text),
                         looks.end())

    def test_quit(self):
        process = self.serving()
        process.send_signal(signal.SIGQUIT)
        self.assertEqual(4, process.wait(WITHIN))

    def test_port_is_taken(self):
        with socket.create_server(('127.0.0.1', self.port)):
            self.assertIn('[vnc] novncproxy_host', self.refused())

    def test_without_novnc(self):
        self.options['novnc_web'] = self.conf.state_path
        self.assertIn('Install the package novnc', self.refused())
