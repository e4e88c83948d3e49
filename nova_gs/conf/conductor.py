"""Options of nova-conductor."""

from oslo_config import cfg

OPTS = (
    cfg.IntOpt(
        'workers', default=1, min=1,
        help='Processes that do the work. With more than one, another '
             'process keeps them: it starts one anew that died, and ends '
             'when all have ended. Each takes about 90 MB of memory and the '
             'threads and database connections of a conductor of its own; '
             'more than one is of use when one keeps a CPU busy.'),
    cfg.IntOpt(
        'rpc_workers', default=16, min=2,
        help='Threads in each worker that answer RPC. Tasks that themselves '
             'wait for a compute (live migrations being checked) run apart '
             'from them.'),
    cfg.IntOpt(
        'max_concurrent_tasks', default=8, min=1,
        help='How many migrations and builds each worker prepares at a '
             'time; further ones wait their turn.'),
)


DEFAULT_OPTS = (
    cfg.BoolOpt(
        'allow_resize_to_same_host', default=False,
        help='Whether a server may get another size on the host that it is '
             'on. Others are preferred; without it, a resize needs a second '
             'host.'),
    cfg.IntOpt(
        'resize_confirm_window', default=0, min=0,
        help='Seconds after which a move or a resize is confirmed that '
             'nobody has confirmed or reverted. Until then it takes room in '
             'both sizes, on both hosts; 0: only users confirm.'),
)


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(OPTS, group='conductor')


def list_opts():
    return [(None, DEFAULT_OPTS), ('conductor', OPTS)]
