"""The command line of devcloud."""

import argparse
import dataclasses
import json
import signal
import sys

from nova_gs import clock as clock_module
from nova_gs.devcloud import cloud as cloud_module
from nova_gs.devcloud import demo as demo_module
from nova_gs.devcloud import errors
from nova_gs.devcloud import inventory as inventory_module
from nova_gs.devcloud import layout as layout_module
from nova_gs.devcloud import libvirt_host
from nova_gs.devcloud import plan
from nova_gs.devcloud import power
from nova_gs.devcloud import terminal as terminal_module
from nova_gs import exception


def main(arguments=None):
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return options.run(options) or 0
    except exception.NovaGSException as error:
        print('devcloud: %s' % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('devcloud: interrupted', file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def _interrupt(_number, _frame):
    raise KeyboardInterrupt()


def up(options):
    """Bring a cloud up."""
    terminal = terminal_module.Terminal()
    cloud = cloud_module.Cloud(
        options.dir, options.hosts, options.driver, options.set,
        options.conductors, options.database, reporter=terminal.step,
        post_copy=options.post_copy, concurrency=options.concurrency,
        own_storage=options.own_storage, neutron=options.neutron,
        consoles=options.consoles)
    _bring_up(cloud, terminal)
    directory = cloud.layout.directory
    terminal.note('API %s' % cloud.api.url)
    terminal.note('use it:  eval "$(devcloud env --dir %s)"' % directory)
    terminal.note('end it:  devcloud down --dir %s' % directory)


def down(options):
    """End a cloud."""
    power.end(_layout(options), patience=5)
    print('%s: nothing is running.' % _layout(options).directory)


def status(options):
    """Say what runs."""
    facts = cloud_module.Cloud.load(options.dir).status()
    if options.json:
        print(json.dumps(facts, indent=2))
        return
    print('%-20s %-8s %-8s %s' % ('NAME', 'STATE', 'PID', 'LOG'))
    rows = [('broker', facts['broker'])]
    rows += [(row['name'], row) for row in facts['hypervisors']]
    rows += [(row['host'], row) for row in facts['conductors']]
    rows += [('api', facts['api'])]
    rows += [('novncproxy', row) for row in facts['consoles']]
    rows += [(row['host'], row) for row in facts['computes']]
    for name, row in rows:
        state = row['state']
        if row['exit_code'] is not None:
            state += ' (exit code %d)' % row['exit_code']
        print('%-20s %-8s %-8s %s' % (
            name, state, row['pid'] or '-', row['log']))
    print('API      %s' % facts['api']['url'])
    for row in facts['consoles']:
        print('consoles %s' % row['url'])
    print('database %s' % facts['database']['url'])


def env(options):
    """Print what makes openstack and devcloud use the cloud."""
    cloud = cloud_module.Cloud.load(options.dir)
    for name, value in dict(cloud.environment(), **{
            layout_module.VARIABLE: cloud.layout.directory}).items():
        print("export %s='%s'" % (name, value))


def inventory(options):
    """Print an inventory of the cloud for Ansible."""
    cloud = cloud_module.Cloud.load(options.dir)
    print(inventory_module.text(cloud), end='')


def start(options):
    """Start a part."""
    cloud = cloud_module.Cloud.load(options.dir)
    cloud.start(options.name, options.wait)
    print('%s: running (pid %s)' % (
        options.name, cloud.part(options.name).process.pid()))


def stop(options):
    """Signal a part and say how it ended."""
    cloud = cloud_module.Cloud.load(options.dir)
    clock = clock_module.Clock()
    sent = clock.utcnow().timestamp()
    if not cloud.part(options.name).process.pid():
        raise errors.DevcloudError('%s is not running.' % options.name)
    record = cloud.stop(options.name, options.signal, options.wait)
    if record is None:
        print('%s: %s sent' % (options.name, options.signal.name))
    else:
        print('%s: exit code %s after %.2f s' % (
            options.name, record['exit_code'],
            (record['ended_at'] or sent) - sent))


def demo(options):
    """Show what it is all for; exit code 1 when it did not come out well."""
    terminal = terminal_module.Terminal()
    directory = options.dir or layout_module.default_directory('-demo')
    cloud = cloud_module.Cloud(
        directory, settings=demo_module.SETTINGS,
        owned=not options.keep, reporter=terminal.step)
    clock = clock_module.Clock()
    terminal.heading('A cloud of two hosts in %s' % directory)
    started = clock.now()
    _bring_up(cloud, terminal)
    terminal.step('everything is up', clock.now() - started)
    result = _play(cloud, terminal, options.keep)
    terminal.verdict(*_verdict(result))
    if options.keep:
        terminal.note('It is still there: devcloud status --dir %s'
                      % directory)
    if options.json:
        print(json.dumps(dataclasses.asdict(result)))
    return 0 if result.ok else 1


def _play(cloud, terminal, keep):
    """Run the demo in a cloud and end that, unless it is to be kept."""
    good = False
    try:
        terminal.heading('A live migration, and SIGTERM in the middle of it')
        result = demo_module.Demo(cloud, terminal).run()
        terminal.heading('What came of it')
        for label, value, right in result.judge():
            terminal.fact(label, value, right)
        good = result.ok
    except KeyboardInterrupt:
        keep = False
        raise
    finally:
        if not keep:
            cloud.down(patience=2, remove=good)
            terminal.note('Nothing is left running%s.' % (
                '' if good else '; logs are in %s' % cloud.layout.path(
                    'log')))
    return result


def _verdict(result):
    if result.ok:
        return ('The guest never noticed, and the daemon was gone %.2f s '
                'after its last piece of work.'
                % result.last_work_to_exit_s, True)
    return 'Not as promised: see the lines marked above.', False


def _bring_up(cloud, terminal):
    try:
        cloud.up()
    except KeyboardInterrupt:
        terminal.fail('Interrupted; nothing is left running.')
        raise


def _layout(options):
    return layout_module.Layout(
        options.dir or layout_module.default_directory())


def _signal(text):
    """Return the signal that a name or a number stands for."""
    if text.isdigit():
        return signal.Signals(int(text))
    return signal.Signals['SIG' + text.upper().removeprefix('SIG')]


def _signal_argument(text):
    try:
        return _signal(text)
    except (KeyError, ValueError):
        raise argparse.ArgumentTypeError(
            '%s is no signal; write TERM or 15' % text)


def _parser():
    parser = argparse.ArgumentParser(
        prog='devcloud',
        description='A whole private cloud in a directory: RabbitMQ, '
                    'hypervisor hosts, conductor, API and computes.')
    commands = parser.add_subparsers(
        metavar='COMMAND', required=True, title='commands')
    _add_up(_command(commands, up))
    _command(commands, down)
    _command(commands, status).add_argument(
        '--json', action='store_true', help='print JSON')
    _command(commands, env)
    _command(commands, inventory)
    names = ('a compute host, conductor, api, novncproxy, broker, '
             'libvirtd@HOST or hypervisor@HOST')
    starter = _command(commands, start)
    starter.add_argument('name', metavar='NAME', help=names)
    _add_no_wait(starter)
    for name, default in (('stop', 'TERM'), ('kill', 'KILL')):
        stopper = _command(commands, stop, name)
        stopper.add_argument('name', metavar='NAME', help=names)
        stopper.add_argument(
            '--signal', type=_signal_argument, default=default,
            help='name or number (default: %(default)s)')
        _add_no_wait(stopper)
    demonstrator = _command(commands, demo)
    demonstrator.add_argument(
        '--json', action='store_true',
        help='print the result as JSON in the last line')
    demonstrator.add_argument(
        '--keep', action='store_true', help='leave the cloud running')
    return parser


def _command(commands, function, name=None):
    text = function.__doc__.split('\n')[0]
    command = commands.add_parser(
        name or function.__name__, help=text, description=text)
    command.add_argument(
        '--dir', help='directory of the cloud (default: %s; the demo has '
        'its own)' % layout_module.default_directory())
    command.set_defaults(run=function)
    return command


def _add_no_wait(command):
    command.add_argument(
        '--no-wait', dest='wait', action='store_false',
        help='do not wait for it')


def _add_up(command):
    command.add_argument('--hosts', type=int, default=2,
                         help='number of compute hosts (default: 2)')
    command.add_argument('--driver', default='libvirt',
                         choices=('libvirt', 'fake'))
    command.add_argument('--concurrency', default='threads',
                         choices=plan.CONCURRENCY,
                         help='what the computes run in (default: threads)')
    command.add_argument('--database', metavar='URL',
                         help='database (default: SQLite in the directory)')
    command.add_argument('--conductors', type=int, default=1,
                         help='number of conductors (default: 1)')
    command.add_argument(
        '--neutron', type=float, metavar='SECONDS',
        help='have a stand-in for Neutron, which tells that a port is '
             'plugged in so many seconds after it was bound')
    command.add_argument(
        '--post-copy', action='store_true',
        help='let "force complete" switch guests to post-copy; as root only')
    command.add_argument(
        '--consoles', action='store_true',
        help='run nova-novncproxy and give guests serial consoles and '
             'screens; with libvirt at most %d guests on a host'
             % libvirt_host.MOST_SCREENS)
    command.add_argument(
        '--own-storage', action='store_true',
        help='let each host have its disks for itself, so that migrations '
             'copy them')
    command.add_argument(
        '--set', action='append', default=[],
        metavar='[HOST:]SECTION.OPTION=VALUE',
        help='an option of all services or of one; may be repeated')
