"""How long a stop may take, and what it keeps back for its last parts."""

from oslo_config import cfg

#: Also declared by oslo.service, with another default (60); it must be the
#: same option object there, see service.py.
TIMEOUT_OPT = cfg.IntOpt(
    'graceful_shutdown_timeout', default=180, min=0,
    help='Seconds that a service may take from SIGTERM to its exit. Until '
         'abort_reserve and release_reserve before the end, work in progress '
         'is left to complete. 0 waits without end. TimeoutStopSec of the '
         'systemd unit has to be 2 s longer, or the shorter time counts for '
         'work that stands still; a start warns of that.')

#: What may be done with live migrations that do not end in time.
ABORT, FORCE_COMPLETE, RESUME = 'abort', 'force_complete', 'resume'

OPTS = (
    cfg.StrOpt(
        'live_migration_at_deadline', default=ABORT, choices=[
            (ABORT, 'it is called off and the guest stays where it is; '
             'asking again later starts it from the beginning'),
            (FORCE_COMPLETE, 'it is made to end by post-copy where that is '
             'permitted, or by pausing the guest until it has moved; what '
             'does not end in time all the same is called off'),
            (RESUME, 'the hypervisors carry it on without nova-compute, '
             'which exits with code 3 and takes it up at its next start; '
             'until then its record says "interrupted"')],
        help='What becomes of a live migration that a stop of this host '
             'finds still copying memory when only abort_reserve and '
             'release_reserve are left of graceful_shutdown_timeout, or when '
             'SIGTERM comes again. One that will end in time by its own '
             'progress is left to end (but not after a second SIGTERM), one '
             'that waits in the queue is cancelled, and one in post-copy is '
             'always seen through. A destination asks the source for it.'),
    cfg.FloatOpt(
        'abort_reserve', default=20, min=0,
        help='Seconds of graceful_shutdown_timeout that are kept for calling '
             'off what did not complete (a live migration rolls back in well '
             'under a second; a hung storage can take long).'),
    cfg.FloatOpt(
        'release_reserve', default=20, min=0,
        help='Seconds of graceful_shutdown_timeout that are kept for leaving '
             'the host tidy: the report, the service record, connections.'),
)


def register_opts(conf):
    conf.register_opts([TIMEOUT_OPT])
    conf.register_opts(OPTS, group='shutdown')


def list_opts():
    return [(None, [TIMEOUT_OPT]), ('shutdown', OPTS)]
