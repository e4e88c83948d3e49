"""What our server adds to a bare one: processor time, latency, round trips.

Runs by itself::

    .venv/bin/python bench/rpc.py [--rounds 30] [--calls 400] [--pings 1000]

Servers are processes of their own, so that their processor time is theirs
alone; all of them and this one share one private broker.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench import echo  # noqa: E402
from bench import parts  # noqa: E402
from bench import spread  # noqa: E402

#: Processes that flood ``compute``, and threads in each.
FLOODS, FLOOD = 2, 16

#: Calls that each server answers before anything is counted.
WARM_UP = 200


class Server:
    """An echo server in a process of its own.

    :param kind: see ``echo.KINDS``
    :param url: of the broker
    """

    def __init__(self, kind, url):
        self.kind = kind
        self._process = subprocess.Popen(
            [sys.executable, echo.__file__, kind, url], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._told('ready')

    def cpu(self):
        """Return the processor time that it has used, in seconds."""
        self._process.stdin.write('cpu\n')
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)

    def _told(self, word):
        line = self._process.stdout.readline().strip()
        if line != word:
            raise RuntimeError('The %s server says %r.' % (self.kind, line))


def cost_of_a_read(url, rounds, calls):
    """Return the processor time per call of each kind, by round.

    :param rounds: of each kind, one after the other in turn
    :param calls: in each round
    :returns: {kind: [milliseconds]}
    """
    with contextlib.ExitStack() as stack:
        servers = {kind: Server(kind, url) for kind in ('bare', 'tracked')}
        for server in servers.values():
            stack.callback(server.close)
        clients = {kind: echo.client(kind, url) for kind in servers}
        for ask in clients.values():
            for _number in range(WARM_UP):
                ask()
        took = {kind: [] for kind in servers}
        for number in range(rounds):
            # Whoever goes first in a round might profit from it.
            for kind in sorted(servers, reverse=bool(number % 2)):
                took[kind].append(
                    1000 * _cost(servers[kind], clients[kind], calls))
    return took


def _cost(server, ask, calls):
    before = server.cpu()
    for _number in range(calls):
        ask()
    return (server.cpu() - before) / calls


def latency_in_a_flood(url, pings, clock):
    """Return what calls to ``compute-alt`` take while ``compute`` is flooded.

    :param pings: how many, one after the other
    :returns: ([seconds each], calls per second that the flood had answered)
    """
    with contextlib.ExitStack() as stack:
        server = Server('both', url)
        stack.callback(server.close)
        floods = [_start_flood(url) for _number in range(FLOODS)]
        for flood in floods:
            stack.callback(flood.wait, 30)
            flood.stdout.readline()
        ping = echo.client('ongoing', url)
        took, began = [], clock.now()
        for _number in range(pings):
            asked = clock.now()
            ping()
            took.append(clock.now() - asked)
        lasted = clock.now() - began
        answered = sum(int(flood.communicate('end\n', timeout=60)[0])
                       for flood in floods)
    return took, answered / lasted


def _start_flood(url):
    return subprocess.Popen(
        [sys.executable, echo.__file__, 'flood', url, str(FLOOD)],
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def figures(url, clock, options):
    """Measure and return lines for people."""
    lines = []
    took = cost_of_a_read(url, options.rounds, options.calls)
    ratios = [ours / bare for ours, bare in
              zip(took['tracked'], took['bare'])]
    lines.append(
        'tracked read / bare echo, server CPU per call: %s '
        '(bare %.3f ms, tracked %.3f ms; limit 1.10)' % (
            spread.Interval.of(ratios), spread.median(took['bare']),
            spread.median(took['tracked'])))
    pings, rate = latency_in_a_flood(url, options.pings, clock)
    lines.append(
        'RPC on compute-alt while compute answers %.0f calls/s: %s '
        '(limit of the 99th: 50 ms)' % (
            rate, spread.Percentiles.of(pings)))
    return lines


def add_options(parser):
    """Add the options of this part to an ArgumentParser."""
    parser.add_argument('--rounds', type=int, default=30,
                        help='interleaved rounds of the read and the echo')
    parser.add_argument('--calls', type=int, default=400,
                        help='calls in each round')
    parser.add_argument('--pings', type=int, default=1000,
                        help='calls to compute-alt during the flood')


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    add_options(parser)
    options = parser.parse_args()
    with parts.broker() as (broker, clock):
        for line in figures(broker.url, clock, options):
            print(line, flush=True)


if __name__ == '__main__':
    main()
