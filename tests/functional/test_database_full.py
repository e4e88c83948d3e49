"""The database is full or read-only: nothing begins that it cannot record.

What is asked for is refused with the reason, what can be read is shown, and
what was under way ends when there is room again.
"""

import os
import unittest

from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors
from tests.fixtures import database_servers
from tests.functional import base
from tests.functional import database_trouble
from tests.functional import trouble
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Guests that are asked to reboot until that is refused.
GUESTS = 4


class Unwritable:
    """Scenarios for any class whose database can be made so.

    ``MATTER`` is what is the matter with it then; ``HITS`` are those who
    must find it so.
    """

    MATTER = 'is full'
    HITS = ('api', 'conductor')

    def unwritable(self):
        """Return the context in which it takes no changes."""
        return self.room.full()

    def test_nothing_begins(self):
        for _ in range(self.times(1, 5)):
            self._one_round()

    def _one_round(self):
        moving, *resting = self.boot_all(*(GUESTS + 1) * [SOURCE])
        move = trouble.Move(self, moving, SOURCE, DESTINATION)
        accepted = dict.fromkeys(resting, 0)
        heard = self.listen()
        with self.unwritable():
            self._ask_until_refused(accepted, heard)
            self._check_create()
            move.let_go()
            move.await_arrival()
            for uuid, count in accepted.items():
                # Reading goes on.
                self.assertEqual(uuid, self.api.server(uuid)['id'])
                self.assertLessEqual(self.reboots(uuid), count)
        began = self.clock.now()
        self.await_all_ended()
        took = self.clock.now() - began
        move.check()
        for uuid, count in accepted.items():
            self.api.await_server(uuid, status='ACTIVE', task_state=None)
            self.assertEqual(count, self.reboots(uuid))
        self._check_works(resting)
        self.check_daemons(heard, self.MATTER, self.HITS)
        self.figure('%s: database %s' % (type(self).__name__, self.MATTER),
                    accepted_until_then=sum(accepted.values()),
                    all_final_after_s=round(took, 2))
        self.delete_all()

    def _ask_until_refused(self, accepted, heard):
        """Ask for reboots; the last pages may take a few of them."""
        def refused():
            for uuid in accepted:
                try:
                    self.api.action(uuid, 'reboot', {'type': 'HARD'})
                    accepted[uuid] += 1
                except api_client.ApiError as error:
                    # 409: the one before has yet to be recorded as done.
                    self.assertIn(error.status, (409, 503))
                    if error.status == 503:
                        self.assertIn(
                            'Nothing was recorded, so nothing was begun: '
                            'the database ' + self.MATTER, str(error))
                        return True
            return False

        self.await_that('a request is refused', refused, trouble.PATIENCE)
        for name in self.HITS:
            self.await_that('%s has noticed' % name, lambda name=name: (
                'The database ' + self.MATTER in heard.said(name)),
                trouble.PATIENCE)

    def _check_create(self):
        """A server is not begun either."""
        before = len(self.api.get('servers')['servers'])
        error = self.assertRaises(
            errors.DevcloudError, self.api.create_server, 'no', host=SOURCE)
        self.assertEqual(503, error.status, error)
        self.assertEqual(before, len(self.api.get('servers')['servers']))

    def _check_works(self, guests):
        before = {uuid: self.reboots(uuid) for uuid in guests}
        for uuid in guests:
            self.api.action(uuid, 'reboot', {'type': 'HARD'})
        for uuid in guests:
            self.api.await_server(uuid, status='ACTIVE', task_state=None)
            self.assertEqual(before[uuid] + 1, self.reboots(uuid))


class SmallDiskTestCase(database_trouble.DatabaseTroubleTestCase):
    """``SIZE`` MiB for the database in all."""

    SIZE = None

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest(
                'Only root can mount a file system of a few MiB.')
        super().setUpClass()

    @classmethod
    def make_database(cls):
        cls.room = cls.use_for_class(database_servers.Room(cls.SIZE))
        return cls.make_in(cls.room.path)


class TestSQLiteFull(base.Spared, Unwritable, SmallDiskTestCase):

    SOME = ('test_nothing_begins',)
    SIZE = 8

    @classmethod
    def make_in(cls, path):
        return 'sqlite:///%s/nova.sqlite' % path


class ReadOnly(Unwritable):
    """Scenarios for any class with a server."""

    MATTER = 'is read-only'

    def unwritable(self):
        return self.server.read_only()

    def test_started_meanwhile(self):
        """Daemons that are started meanwhile wait, and say so."""
        names = ('conductor', 'api', SOURCE)
        for name in names:
            self.cloud.stop(name)
        heard = self.listen()
        with self.server.read_only():
            for name in names:
                self.cloud.start(name, wait=False)
            self.await_that('the conductor waits', lambda: (
                'Waiting for the database' in heard.said('conductor')))
            self.cloud.part('api').await_ready()
            self.assertEqual([], self.api.get('servers')['servers'])
        for name in names:
            self.cloud.part(name).await_ready()
        self.ensure_up(SOURCE, DESTINATION)
        self._check_works([self.boot(SOURCE)])


class TestPostgreSQLReadOnly(base.Spared, ReadOnly,
                             database_trouble.DatabaseTroubleTestCase):

    SERVER = database_servers.PostgreSQL


class TestMariaDBReadOnly(base.Spared, ReadOnly,
                          database_trouble.DatabaseTroubleTestCase):
    pass
