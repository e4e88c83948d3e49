"""Playing a plan: requests in their time, faults and their ends."""

import concurrent.futures
import signal
import threading

from bench import storm
from nova_gs import clock as clock_module
from nova_gs.devcloud import errors

#: Requests that wait for an answer at a time.
AT_A_TIME = 32

#: Seconds that a part may take to end when it was told to.
END_WITHIN = 60

_SIGNALS = {storm.KILL: signal.SIGKILL, storm.TERMINATE: signal.SIGTERM,
            storm.FREEZE: signal.SIGSTOP}


class Player:
    """Plays the plans of one cloud.

    :param cloud: devcloud.cloud.Cloud
    :param clients: clients.Clients
    """

    def __init__(self, cloud, clients):
        self._cloud = cloud
        self._clients = clients
        self._clock = clock_module.Clock()
        self._cut_short = threading.Event()

    def play(self, plan, number):
        """Play a round; when this returns, all faults have ended.

        What was started again need not be ready yet.

        :param number: of the round
        :returns: list of clients.Asked
        :raises: DevcloudError when a part does not end as it should
        """
        began = self._clock.now()
        pool = concurrent.futures.ThreadPoolExecutor(
            AT_A_TIME + len(plan.faults))
        try:
            todo = [(ask.at, self._clients.ask,
                     (ask, 'guest-%03d-%02d' % (number, count)))
                    for count, ask in enumerate(plan.asks)]
            todo += [(fault.at, self._fault, (fault,))
                     for fault in plan.faults]
            running = []
            for at, function, arguments in sorted(
                    todo, key=lambda one: one[0]):
                self._cut_short.wait(max(0, began + at - self._clock.now()))
                running.append(pool.submit(function, *arguments))
            return [asked for asked in (one.result() for one in running)
                    if asked is not None]
        finally:
            # Ctrl-C: whoever waits does so no longer.
            self._cut_short.set()
            pool.shutdown(cancel_futures=True)
            self._cut_short.clear()

    def _fault(self, fault):
        part = self._cloud.part(fault.part)
        if not part.process.send_signal(_SIGNALS[fault.kind]):
            raise errors.DevcloudError(
                '%s has ended by itself: exit code %s. Its log is %s.' % (
                    fault.part, part.process.exit_code(), part.process.log))
        if fault.kind == storm.FREEZE:
            self._cut_short.wait(fault.lasts)
            part.process.send_signal(signal.SIGCONT)
            return
        if part.process.wait(END_WITHIN) is None:
            raise errors.DevcloudError(
                '%s has not ended %d s after %s' % (
                    fault.part, END_WITHIN, _SIGNALS[fault.kind].name))
        self._cut_short.wait(fault.lasts)
        self._cloud.start(fault.part, wait=False)
