"""``nova-manage service``: who is there, and hosts that take nothing in."""

from nova_gs.cmd.manage import base
from nova_gs.cmd.manage import hosts
from nova_gs.objects import fields
from nova_gs.shutdown import order

_COLUMNS = ('host', 'binary', 'version', 'phase', 'disabled', 'forced_down',
            'seconds_since_seen', 'phase_reason', 'phase_deadline')


def add(nouns):
    """Add the noun to the command line."""
    verbs = base.verbs(nouns, 'service', 'services and their phases')
    base.telling(verbs, 'list', show)
    draining = base.telling(verbs, 'drain', drain)
    draining.add_argument('host', metavar='HOST')
    draining.add_argument(
        '--deadline', type=order.seconds, metavar='SECONDS',
        help='when so many have passed, live migrations that still run are '
             'treated as [shutdown] live_migration_at_deadline says; '
             'without it they take the time they need')
    draining.add_argument('--reason', type=order.reason, metavar='TEXT',
                          help='what those who are refused are told')
    base.telling(verbs, 'resume', resume).add_argument(
        'host', metavar='HOST')


def show(conf, arguments):
    """Print every service with its phase and the age of its heartbeat."""
    base.show(_COLUMNS, base.records(conf).services.get_by_filters({}),
              arguments.json)


def drain(conf, arguments):
    """Let a host take nothing in and let its work end; it stays up."""
    records = base.records(conf)
    row = records.services.quiesce(
        _uuid(records, arguments.host), arguments.reason, arguments.deadline)
    deadline = row['phase_deadline']
    problem = hosts.tell(
        conf, records, row['host'], 'quiesce_host',
        deadline=deadline and deadline.isoformat(),
        reason=row['phase_reason'])
    _say(conf, arguments, row, '%s takes no new work, and lets go what it '
         'has.' % row['host'], problem)


def resume(conf, arguments):
    """Let a host that was drained take work again."""
    records = base.records(conf)
    row = records.services.resume(_uuid(records, arguments.host))
    _say(conf, arguments, row, '%s takes work again.' % row['host'],
         hosts.tell(conf, records, row['host'], 'resume_host'))


def _uuid(records, host):
    return records.services.get_by_host_and_binary(
        host, fields.Binary.COMPUTE)['uuid']


def _say(conf, arguments, row, sentence, problem):
    """Tell what was done, and whether the host knows already.

    :param problem: why it could not be told; None when it was
    """
    if arguments.json:
        base.show_json(dict(row, told=problem is None))
        return
    print(sentence)
    if problem is not None:
        print('It could not be told at once: %s It goes by its record with '
              'its next heartbeat, within %d s, or when it starts.' % (
                  problem if problem.endswith('.') else problem + '.',
                  conf.report_interval))
