"""How long a server that says nothing is waited for."""

import select
import socket
import types

import sqlalchemy as sa

from nova_gs.db import bounds
from tests.unit import base

STATES = types.SimpleNamespace(POLL_OK=0, POLL_READ=1, POLL_WRITE=2)


class Failure(Exception):
    pass


class Connection:
    """A connection that goes through some states.

    :param channel: socket that it waits on
    :param states: what ``poll`` answers, one after the other
    """

    def __init__(self, channel, *states):
        self._channel = channel
        self._states = list(states)

    def poll(self):
        return self._states.pop(0)

    def fileno(self):
        return self._channel.fileno()


class URLTestCase(base.TestCase):

    def query(self, url):
        return dict(bounds.bounded(sa.make_url(url)).query)

    def test_each_driver_is_told_in_its_way(self):
        self.assertEqual(
            {'connect_timeout': '5', 'read_timeout': '10',
             'write_timeout': '10'}, self.query('mysql+pymysql://h/nova'))
        self.assertEqual(
            {'connect_timeout': '5', 'tcp_user_timeout': '10000'},
            self.query('postgresql+psycopg2://h/nova'))
        self.assertEqual({}, self.query('sqlite:////nova.sqlite'))

    def test_what_the_url_says_counts(self):
        self.assertEqual(
            {'connect_timeout': '5', 'read_timeout': '60',
             'write_timeout': '10', 'charset': 'utf8'},
            self.query('mysql+pymysql://h/nova?read_timeout=60&charset=utf8'))

    def test_a_password_stays(self):
        url = bounds.bounded(sa.make_url('mysql+pymysql://u:p%40ss@h/nova'))
        self.assertEqual('p@ss', url.password)


class AwaitAnswerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.ours, self.theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def wait(self, *states, within=60):
        bounds.await_answer(Connection(self.ours, *states), within, STATES,
                            Failure)

    def test_an_answer(self):
        self.theirs.send(b'x')
        self.wait(STATES.POLL_WRITE, STATES.POLL_READ, STATES.POLL_OK)

    def test_silence(self):
        error = self.assertRaises(
            Failure, self.wait, STATES.POLL_READ, within=0.01)
        self.assertIn('could not receive data from server', str(error))

    def test_nothing_taken(self):
        self.ours.setblocking(False)
        while select.select([], [self.ours], [], 0)[1]:
            self.ours.send(bytes(65536))
        self.assertRaises(Failure, self.wait, STATES.POLL_WRITE, within=0.01)
