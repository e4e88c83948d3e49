"""The inbox: nothing is lost, whoever posts."""

import os
import queue
import threading

from nova_gs.shutdown import inbox
from tests.unit import base


class Watchdog:
    """Wants to be petted every 10 ms; tells when it was often enough."""

    def __init__(self, pets):
        self._pets = pets
        self.petted = 0
        self.enough = threading.Event()

    def rest(self):
        return 0.01

    def pet(self):
        self.petted += 1
        if self.petted >= self._pets:
            self.enough.set()


class InboxTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.inbox = inbox.Inbox()

    def test_first_in_first_out(self):
        for number in range(3):
            self.inbox.put(number)
        self.assertEqual([0, 1, 2], [self.inbox.get(1) for _ in range(3)])

    def test_empty(self):
        self.assertRaises(queue.Empty, self.inbox.get, timeout=0)
        self.assertRaises(queue.Empty, self.inbox.get, timeout=0.01)

    def test_who_waits_pets_the_watchdog(self):
        watchdog = Watchdog(pets=3)
        self.inbox = inbox.Inbox(watchdog=watchdog)
        threading.Thread(target=lambda: (
            watchdog.enough.wait(30), self.inbox.put('done'))).start()
        self.assertEqual('done', self.inbox.get())
        self.inbox.put('more')
        before = watchdog.petted
        self.assertEqual('more', self.inbox.get(0))
        self.assertGreater(watchdog.petted, before)

    def test_pets_do_not_lengthen_the_wait(self):
        self.inbox = inbox.Inbox(watchdog=Watchdog(pets=1))
        self.assertRaises(queue.Empty, self.inbox.get, timeout=0)
        self.assertRaises(queue.Empty, self.inbox.get, timeout=0.05)

    def test_no_false_alarm_by_what_was_taken_before(self):
        self.inbox.put(1)
        self.assertEqual(1, self.inbox.get(0))
        self.assertRaises(queue.Empty, self.inbox.get, timeout=0.01)

    def test_more_than_the_pipe_holds(self):
        for number in range(70000):
            self.inbox.put(number)
        self.assertEqual(
            list(range(70000)), [self.inbox.get(0) for _ in range(70000)])
        self.assertRaises(queue.Empty, self.inbox.get, timeout=0)

    def test_nobody_can_post_into_a_file_of_somebody_else(self):
        """Its pipe lasts as long as anybody may still post, and no longer."""
        put = self.inbox.put
        numbers = {self.inbox._reader, self.inbox._writer}
        self.inbox = None
        other = os.open(os.devnull, os.O_RDONLY)
        self.addCleanup(os.close, other)
        self.assertNotIn(other, numbers)
        put('late')
        del put
        self.assertEqual(
            [], [one for one in numbers
                 if os.path.exists('/proc/self/fd/%d' % one)])

    def test_a_waiting_reader_wakes_up(self):
        got = []

        def read():
            for _ in range(400):
                got.append(self.inbox.get(timeout=30))

        reader = threading.Thread(target=read)
        reader.start()
        writers = [
            threading.Thread(target=lambda: [
                self.inbox.put(number) for number in range(100)])
            for _ in range(4)]
        for writer in writers:
            writer.start()
        for thread in writers + [reader]:
            thread.join(30)
        self.assertEqual(sorted(list(range(100)) * 4), sorted(got))
