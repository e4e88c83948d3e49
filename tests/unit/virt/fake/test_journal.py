import os

import fixtures

from nova_gs.virt.fake import journal
from nova_gs.virt.fake import protocol
from tests.fixtures import clock
from tests.unit import base


class JournalTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'journal')
        self.clock = clock.ManualClock()
        self.journal = self._open()

    def _open(self):
        opened = journal.Journal(self.path, 'host1', self.clock)
        self.addCleanup(opened.close)
        return opened

    def test_an_entry_says_what_when_and_of_whom(self):
        self.clock.advance(3)
        call = protocol.Call('reboot', 'guest', id='c1', operation='op')
        self.journal.write(call, 'failed', reason='no')
        self.assertEqual([{
            't': self.clock.utcnow().timestamp(), 'mono': 3.0,
            'host': 'host1', 'verb': 'reboot', 'guest': 'guest',
            'call': 'c1', 'event': 'failed', 'operation': 'op',
            'reason': 'no'}], journal.read(self.path))

    def test_a_restart_goes_on_where_the_journal_ended(self):
        self.journal.write(protocol.Call('spawn', 'g'), 'begun')
        later = self._open()
        later.write(protocol.Call('spawn', 'g'), 'ended')
        self.assertEqual(['begun', 'ended'],
                         [one['event'] for one in later.entries()])
        self.assertEqual(later.entries(), journal.read(self.path))

    def test_wait_for_finds_what_is_there_and_counts(self):
        for guest in ('a', 'b'):
            self.journal.write(protocol.Call('spawn', guest), 'begun')
        found = self.journal.wait_for('spawn', 'begun', None, 2, 0)
        self.assertEqual('b', found['guest'])
        self.assertIsNone(self.journal.wait_for('spawn', 'begun', 'a', 2, 0))
        self.assertIsNone(self.journal.wait_for('spawn', 'ended', None, 1, 0))
