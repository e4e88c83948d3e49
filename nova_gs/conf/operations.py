"""Options of operations: how long an offer stands, how often it is renewed."""

from oslo_config import cfg

OPTS = (
    cfg.FloatOpt(
        'expires_after', default=3600, min=1,
        help='Seconds after which a request that nobody has begun must not '
             'begin any more; it fails with a reason.'),
    cfg.FloatOpt(
        'live_migration_expires_after', default=60, min=1,
        help='The same for a live migration, from the moment both hosts '
             'have agreed to it: what they found may not hold for long.'),
    cfg.FloatOpt(
        'sweep_interval', default=5, min=0.1,
        help='Seconds after which a step that no host has taken up is sent '
             'again. Each sweep is one indexed query.'),
    cfg.FloatOpt(
        'host_lost_after', default=600, min=1,
        help='Seconds without a heartbeat after which a host\'s operations '
             'are marked "interrupted". They are never run elsewhere; the '
             'host settles them when it returns.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='operations')


def list_opts():
    return [('operations', OPTS)]
