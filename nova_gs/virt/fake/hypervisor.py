"""The program of the fake hypervisor.

::

    python -m nova_gs.virt.fake.hypervisor --socket S --world FILE \\
        --journal FILE --name HOST [--durations verb:seconds,...] \\
        [--failures verb,...]

It prints one line, ``ready``, once it can be called, and ends on SIGTERM or
SIGINT.  Started again with the same world its guests are as they were.
"""

import argparse
import os
import signal
import sys
import threading

from nova_gs import clock as nova_clock
from nova_gs.virt.fake import journal as fake_journal
from nova_gs.virt.fake import protocol
from nova_gs.virt.fake import server as fake_server
from nova_gs.virt.fake import switches as fake_switches
from nova_gs.virt.fake import world as fake_world

ENDING = (signal.SIGTERM, signal.SIGINT)

#: Seconds that calls get to write their end when the process is stopped.
DRAIN_FOR = 2


class CannotStart(Exception):
    """The text is for whoever started the process."""


def _parser():
    parser = argparse.ArgumentParser(
        prog='python -m nova_gs.virt.fake.hypervisor',
        description='A simulated hypervisor for one host.')
    parser.add_argument('--socket', required=True,
                        help='UNIX socket to listen on')
    parser.add_argument('--world', required=True,
                        help='file that keeps the guests')
    parser.add_argument('--journal', required=True,
                        help='file that calls are recorded in')
    parser.add_argument('--name', required=True, help='name of the host')
    parser.add_argument('--durations', default='', metavar='VERB:SECONDS,..',
                        help='how long calls last whose requests do not say')
    parser.add_argument('--failures', default='', metavar='VERB,..',
                        help='verbs that always fail')
    parser.add_argument('--vcpus', type=int, default=64)
    parser.add_argument('--memory-mb', type=int, default=1 << 20)
    parser.add_argument('--local-gb', type=int, default=100 * 1024)
    return parser


def _switches(args, clock):
    pairs = [pair.partition(':') for pair in args.durations.split(',')
             if pair]
    try:
        durations = {verb: float(seconds) for verb, _, seconds in pairs}
        failures = [verb for verb in args.failures.split(',') if verb]
        protocol.check_verbs([*durations, *failures])
    except ValueError as error:
        raise CannotStart('--durations or --failures: %s' % error) from error
    return fake_switches.Switches(clock, durations, failures)


def _clear(path):
    """Remove the socket of a process that was killed."""
    try:
        protocol.Channel.connect(path).close()
    except protocol.Disconnected:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        return
    raise CannotStart('--socket %s: another process answers there; end it '
                      'or give this one a socket of its own' % path)


def _build(args, clock):
    switches = _switches(args, clock)
    try:
        world = fake_world.World(args.world)
    except fake_world.WorldTaken as error:
        raise CannotStart(
            '--world %s: another hypervisor has it; end that one or give '
            'this one a world of its own' % args.world) from error
    except (OSError, ValueError) as error:
        raise CannotStart('--world %s: %s' % (args.world, error)) from error
    journal = fake_journal.Journal(args.journal, args.name, clock)
    facts = {'name': args.name, 'vcpus': args.vcpus,
             'memory_mb': args.memory_mb, 'local_gb': args.local_gb}
    hypervisor = fake_server.Hypervisor(
        world, journal, switches, clock, facts)
    _clear(args.socket)
    return fake_server.Server(args.socket, hypervisor)


def _run(server, args):
    # Blocked in every thread, so that the signal waits for sigwait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    hypervisor = server.hypervisor
    life = protocol.Call('hypervisor', operation='pid %d' % os.getpid())
    hypervisor.journal.write(life, 'begun')
    hypervisor.migrations.recover(hypervisor.journal)
    # It is never told to shut down, so it need not wake up to look for that.
    threading.Thread(target=server.serve_forever, args=(None,),
                     daemon=True).start()
    print('ready', args.name, flush=True)
    signal.sigwait(ENDING)
    os.unlink(args.socket)
    hypervisor.switches.stop()
    server.drain(DRAIN_FOR)
    hypervisor.journal.write(life, 'ended')


def main(argv=None):
    """Run until a signal ends it; returns the exit code.

    :param argv: arguments without the program's name
    """
    args = _parser().parse_args(argv)
    try:
        server = _build(args, nova_clock.Clock())
    except (CannotStart, OSError) as error:
        print('fake hypervisor %s cannot start: %s' % (args.name, error),
              file=sys.stderr)
        return 1
    _run(server, args)
    return 0


if __name__ == '__main__':
    sys.exit(main())
