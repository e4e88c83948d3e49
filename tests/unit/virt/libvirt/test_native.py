import subprocess
import sys
import threading

from nova_gs.virt.libvirt import native
from tests.unit import base

# Under eventlet a call through a door must not stop the other green threads,
# and an event of ours must reach who waits for it.
GREEN = '''
import eventlet
eventlet.monkey_patch()
import os
from nova_gs.virt.libvirt import native
import fixture_door as fixture

door = fixture.Door()
read, write = os.pipe()
ticks = []

def tick():
    for _number in range(3):
        ticks.append(eventlet.sleep(0))
    door.let_go()

assert native.GREEN
eventlet.spawn(tick)
door.wait()
print(len(ticks))
'''
DOOR = '''
from nova_gs.virt.libvirt import native

@native.doors
class Door:
    def __init__(self):
        self._event = native.threading.Event()
    def let_go(self):
        self._event.set()
    def wait(self):
        if not self._event.wait(20):
            raise RuntimeError('nobody came')
'''


class TestNative(base.TestCase):

    def test_plain(self):
        self.assertFalse(native.GREEN)
        self.assertIs(threading, native.threading)

        @native.doors
        class Door:
            def knock(self):
                return threading.current_thread()

        self.assertIs(threading.current_thread(), Door().knock())

    def test_start(self):
        ended = native.threading.Event()
        thread = native.start(ended.set)
        self.assertTrue(thread.daemon)
        self.assertTrue(ended.wait(10))

    def test_green(self):
        directory = self.conf.state_path
        with open(directory + '/fixture_door.py', 'w') as module:
            module.write(DOOR)
        path = [directory] + sys.path
        result = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', GREEN],
            env={'PYTHONPATH': ':'.join(path)}, capture_output=True,
            timeout=60, check=False, text=True)
        self.assertEqual(('3\n', 0), (result.stdout, result.returncode),
                         result.stderr)
