"""Options of nova-conductor."""

from oslo_config import cfg

OPTS = (
    cfg.IntOpt(
        'workers', default=16, min=2,
        help='Threads that answer RPC. Tasks that themselves wait for a '
             'compute (live migrations being checked) run apart from them.'),
    cfg.IntOpt(
        'max_concurrent_tasks', default=8, min=1,
        help='How many migrations and builds are prepared at a time.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='conductor')


def list_opts():
    return [('conductor', OPTS)]
