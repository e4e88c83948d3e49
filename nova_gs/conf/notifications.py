"""What is told, over the broker, to whoever listens."""

from oslo_config import cfg

OPTS = (
    cfg.BoolOpt(
        'enabled', default=False,
        help='Whether nova-compute sends versioned notifications of its '
             'drains: compute.drain.begin, compute.drain.progress and '
             'compute.drain.end. Switch it on where something reads them: '
             'what nobody reads piles up at the broker. A drain never waits '
             'for them, and one that cannot be sent at once is lost. '
             '[oslo_messaging_notifications] transport_url may name a broker '
             'of their own.'),
    cfg.ListOpt(
        'topics', default=['versioned_notifications'],
        help='Topics that notifications go to, each a queue named after it '
             'with ".info" at its end. Several readers that each need all of '
             'them need a topic each.'),
    cfg.FloatOpt(
        'progress_interval', default=10, min=0.5,
        help='Seconds between two compute.drain.progress notifications of a '
             'phase, sent only if something has changed since the last. A '
             'new phase is told at once. Smaller values cost a message of '
             'some hundred bytes for each open operation.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='notifications')


def list_opts():
    return [('notifications', OPTS)]
