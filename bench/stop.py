"""How fast a compute stops, and what its two servers cost while it serves.

Runs by itself::

    .venv/bin/python bench/stop.py [--runs 100]

Prints a line for each figure that the service promises.
"""

import argparse
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench import parts  # noqa: E402
from bench import rpc  # noqa: E402
from bench import spread  # noqa: E402
from nova_gs.devcloud import waiting  # noqa: E402
from nova_gs.virt.fake import client  # noqa: E402

HOST = 'host-a'

#: Longest time that a compute idles before it is stopped, in seconds.
IDLE = 3

PATIENCE = 60


class Bench:
    """Stops and starts one compute of a cloud, again and again.

    :param cloud: devcloud.cloud.Cloud with one host
    :param clock: Clock
    """

    def __init__(self, cloud, clock):
        self._cloud = cloud
        self._clock = clock
        self._idle = random.Random(1)
        self._hypervisor = client.control(
            cloud.part('hypervisor@' + HOST).socket)
        self._guest = cloud.api.create_server('guest', 'ticker', host=HOST)
        self._await_guest()

    def idle_stop(self):
        """Return the seconds from SIGTERM to the exit of an idle compute."""
        # Idleness itself is waited for: nothing can announce it.
        threading.Event().wait(self._idle.uniform(0.2, IDLE))
        sent = self._terminate()
        return self._end() - sent

    def stop_at_work(self, number):
        """Stop it while a guest reboots.

        :param number: how many reboots there were before
        :returns: seconds from SIGTERM to the end of the intake, and from
            the end of the reboot to the exit
        """
        self._hypervisor.hold('reboot')
        self._cloud.api.action(self._guest, 'reboot', {'type': 'HARD'})
        self._hypervisor.wait_for('reboot', count=number + 1)
        sent = self._terminate()
        self._wait(lambda: not self._cloud.broker.consumers(
            'compute.' + HOST), every=0.005)
        closed = self._now()
        self._hypervisor.release('reboot')
        ended = self._end()
        worked = self._hypervisor.wait_for(
            'reboot', event='ended', count=number + 1)
        self._await_guest()
        return closed - sent, ended - worked['t']

    def _now(self):
        return self._clock.utcnow().timestamp()

    def _terminate(self):
        sent = self._now()
        self._cloud.stop(HOST, wait=False)
        return sent

    def _end(self):
        """Wait for the end, start it again, return when it ended."""
        record = self._cloud.part(HOST).process.wait(PATIENCE)
        if record is None or record['exit_code']:
            raise SystemExit('%s did not stop as it should: %s' % (
                HOST, record))
        self._cloud.start(HOST)
        return record['ended_at']

    def _await_guest(self):
        self._cloud.api.await_server(
            self._guest, status='ACTIVE', task_state=None)

    def _wait(self, condition, every):
        if not waiting.until(condition, PATIENCE, every=every):
            raise SystemExit('The intake was not closed.')


def figures(runs):
    """Measure the stops and return lines for people."""
    with parts.cloud(driver='fake', hosts=1) as (cloud, clock):
        bench = Bench(cloud, clock)
        idle = [bench.idle_stop() for _number in range(runs)]
        closed, left = zip(*(
            bench.stop_at_work(number) for number in range(runs)))
    return ['%s: %s (limit of the 95th: %d ms)' % (
        what, spread.Percentiles.of(values), limit)
        for what, values, limit in (
            ('idle, SIGTERM to exit', idle, 300),
            ('last work to exit', left, 300),
            ('SIGTERM to no consumer on compute', closed, 500))]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--runs', type=int, default=100,
                        help='stops of each kind; a 95th percentile needs '
                             '100')
    rpc.add_options(parser)
    options = parser.parse_args()
    with parts.broker() as (broker, clock):
        for line in rpc.figures(broker.url, clock, options):
            print(line, flush=True)
    for line in figures(options.runs):
        print(line, flush=True)


if __name__ == '__main__':
    main()
