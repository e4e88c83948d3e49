"""What a live migration costs beside libvirt's own: ours and the bare call.

Runs by itself::

    .venv/bin/python bench/migration.py [--runs 10]

The same guest goes to and fro, by turns with one call of libvirt and through
our API; prints both and the difference.
"""

import argparse
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import libvirt  # noqa: E402

from bench import parts  # noqa: E402
from bench import spread  # noqa: E402
from nova_gs.devcloud import waiting  # noqa: E402
from nova_gs.virt.libvirt import orders  # noqa: E402

HOSTS = ('host-a', 'host-b')

PATIENCE = 120

#: Seconds that one of ours may take longer.
LIMIT = 0.5

#: The same as our computes have in a devcloud, where a directory is shared.
FLAGS = orders.MIGRATE | libvirt.VIR_MIGRATE_UNSAFE


class Bench:
    """Moves one guest of a cloud.

    :param cloud: devcloud.cloud.Cloud with two libvirt hosts
    :param clock: Clock
    """

    def __init__(self, cloud, clock):
        self._cloud = cloud
        self._clock = clock
        libvirt.registerErrorHandler(lambda _context, _error: None, None)
        self._libvirt = {
            host: libvirt.open(self._hypervisor(host).uri) for host in HOSTS}
        self._guest = cloud.api.create_server(
            'guest', 'ticker', host=HOSTS[0])
        cloud.api.await_server(self._guest, status='ACTIVE', task_state=None)

    def close(self):
        """Let go of libvirt."""
        for connection in self._libvirt.values():
            connection.close()

    def bare(self, source, destination):
        """Return the seconds of one call of libvirt."""
        domain = self._libvirt[source].lookupByUUIDString(self._guest)
        to = self._hypervisor(destination)
        began = self._clock.now()
        domain.migrateToURI3(to.uri, {
            libvirt.VIR_MIGRATE_PARAM_URI: 'tcp://' + to.address}, FLAGS)
        return self._clock.now() - began

    def ours(self, source, destination):
        """Move it through the API.

        :returns: seconds from the request until the migration is shown as
            completed; and those of its step at the source, until the guest
            has arrived
        """
        api = self._cloud.api
        began = self._clock.now()
        answer = api.live_migrate(self._guest, destination)
        if not waiting.until(self._is_over, PATIENCE, every=0.01):
            raise SystemExit('The migration does not end.')
        took = self._clock.now() - began
        status = api.migrations(self._guest)[0]['status']
        if status != 'completed':
            raise SystemExit('The migration is %s.' % status)
        events = {event['event']: event for event in api.instance_action(
            self._guest, answer.request_id)['events']}
        return took, _length(events['live_migration'])

    def _is_over(self):
        return self._cloud.api.server(
            self._guest)['OS-EXT-STS:task_state'] is None

    def _hypervisor(self, host):
        return self._cloud.part('libvirtd@' + host)


def _length(event):
    """Return the seconds that an event of an action took."""
    start, end = (datetime.datetime.fromisoformat(event[name])
                  for name in ('start_time', 'finish_time'))
    return (end - start).total_seconds()


def figures(runs):
    """Measure, and return lines for people and whether the limit is kept."""
    with parts.cloud(driver='libvirt', hosts=2) as (cloud, clock):
        bench = Bench(cloud, clock)
        there, back = HOSTS, HOSTS[::-1]
        # Whatever is done for the first time only.
        for move in (bench.bare, bench.ours):
            for way in (there, back):
                move(*way)
        bare, ours = [], []
        for number in range(runs):
            turns = [(bench.bare, bare), (bench.ours, ours)]
            for move, results in turns if number % 2 else turns[::-1]:
                results += [move(*way) for way in (there, back)]
        bench.close()
    whole, step = zip(*ours)
    more = spread.median(whole) - spread.median(bare)
    return ['%s: %s' % (what, str(spread.Percentiles.of(values)))
            for what, values in (
                ('bare migrateToURI3', bare),
                ('ours, request to completed', whole),
                ('of that its step at the source', step))] + [
        'a live migration costs %.0f ms more than the bare call, by the '
        'medians (limit: %.0f ms)' % (1000 * more, 1000 * LIMIT)
    ], more <= LIMIT


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--runs', type=int, default=10,
                        help='rounds; in each the guest goes to and fro '
                             'twice, once in either way')
    lines, is_kept = figures(parser.parse_args().runs)
    for line in lines:
        print(line, flush=True)
    return 0 if is_kept else 1


if __name__ == '__main__':
    sys.exit(main())
