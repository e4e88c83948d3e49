"""How long a stop may take, and what it keeps back for its last parts."""

from oslo_config import cfg

#: Also declared by oslo.service, with another default (60); it must be the
#: same option object there, see service.py.
TIMEOUT_OPT = cfg.IntOpt(
    'graceful_shutdown_timeout', default=180, min=0,
    help='Seconds that a service may take from SIGTERM to its exit. Until '
         'abort_reserve and release_reserve before the end, work in progress '
         'is left to complete. 0 waits without end. Under systemd '
         'TimeoutStopSec must be larger, or systemd kills the service first.')

OPTS = (
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
