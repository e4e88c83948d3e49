"""Whether anything is lost, done twice or left in doubt, whatever breaks.

Runs by itself::

    .venv/bin/python bench/chaos.py [--seed 1] [--rounds 20] [--hosts 8]

Prints a line for each round, and ends with 1 at the first in which something
does not hold.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench import rounds as rounds_module  # noqa: E402
from nova_gs.devcloud import cloud as cloud_module  # noqa: E402

#: What is kept of a round that went wrong, beside the logs.
RECORD = 'violation.json'


def run(options, say):
    """Play rounds until one goes wrong.

    :param options: seed, rounds, hosts, driver, only
    :param say: called with each line
    :returns: whether everything holds
    """
    cloud = cloud_module.Cloud(
        tempfile.mkdtemp(prefix='ngs-'), owned=True,
        **rounds_module.options_of_cloud(options.hosts, options.driver))
    cloud.up()
    is_over = False
    try:
        rounds = rounds_module.Rounds(cloud, options.seed)
        is_over = _play(rounds, options, cloud, say)
        return is_over
    except KeyboardInterrupt:
        is_over = True
        raise
    finally:
        # Whatever else went wrong, the logs say more.
        cloud.down(remove=is_over)


def _play(rounds, options, cloud, say):
    broken = rounds.begin()
    if broken:
        say('before the first round:\n  %s' % '\n  '.join(broken))
        return False
    numbers = [options.only] if options.only else range(
        1, options.rounds + 1)
    results = []
    for number in numbers:
        if options.plans:
            say(str(rounds.plan(number)))
        result = rounds.play(number)
        results.append(result)
        say(str(result))
        if result.broken:
            _tell(result, options, cloud, say)
            return False
    say(_summary(results))
    return True


def _summary(results):
    asked = [one for result in results for one in result.asked]
    settled = sorted(result.settled for result in results)
    kinds = collections.Counter(one.kind for one in asked if one.is_accepted)
    return ('%d rounds without a violation: %d requests accepted (%s), %d '
            'refused; %d faults; at rest after %.1f s (median), %.1f s '
            '(longest)' % (
                len(results), sum(kinds.values()),
                ', '.join('%s %d' % each for each in sorted(kinds.items())),
                sum(one.is_refused for one in asked),
                sum(len(result.plan.faults) for result in results),
                settled[len(settled) // 2], settled[-1]))


def _tell(result, options, cloud, say):
    """Say what went wrong, and keep what helps to find out why."""
    path = cloud.layout.path(RECORD)
    with open(path, 'w', encoding='utf-8') as out:
        json.dump({'broken': result.broken, 'plan': str(result.plan),
                   'seen': result.seen and dataclasses.asdict(result.seen)},
                  out, indent=1, default=str)
    say('\n'.join(
        ['The plan was:', str(result.plan), 'What does not hold:']
        + ['  ' + line for line in result.broken]
        + ['Seed %d, round %d. Play it alone: --seed %d --hosts %d --driver '
           '%s --only %d' % (options.seed, result.number, options.seed,
                             options.hosts, options.driver, result.number),
           'Logs and what was seen are in %s.' % cloud.layout.directory]))


def parser():
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    made.add_argument('--seed', type=int, default=1)
    made.add_argument('--rounds', type=int, default=20)
    made.add_argument('--only', type=int, metavar='ROUND',
                      help='play this round alone')
    made.add_argument('--hosts', type=int, help='8 with fake, 3 with libvirt')
    made.add_argument('--driver', choices=('fake', 'libvirt'),
                      default='fake')
    made.add_argument('--plans', action='store_true',
                      help='print what happens in each round')
    return made


def main():
    options = parser().parse_args()
    options.hosts = options.hosts or {'fake': 8, 'libvirt': 3}[options.driver]
    try:
        holds = run(options, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        return 130
    return 0 if holds else 1


if __name__ == '__main__':
    sys.exit(main())
