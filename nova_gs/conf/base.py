"""Options that every program shares: who this host is, where its state is."""

import socket

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'host', default=socket.gethostname(), sample_default='<hostname>',
        help='Name of this host in records and queue names. Changing it '
             'makes a new compute host; the guests stay with the old name.'),
    cfg.StrOpt(
        'state_path', default='/var/lib/nova',
        help='Directory for what must outlast a restart: the lock that keeps '
             'a second nova-compute away, reports, and by default guests. '
             'Needs to be writable by the service.'),
    cfg.FloatOpt(
        'report_interval', default=10, min=0.1,
        help='Seconds between two heartbeats of a service. Each costs one '
             'RPC and one small database write.'),
    cfg.FloatOpt(
        'service_down_time', default=60, min=0.5,
        help='Seconds without a heartbeat after which a service counts as '
             'down and gets no new work. At least three times '
             'report_interval, or a slow moment takes hosts out.'),
    cfg.FloatOpt(
        'long_rpc_timeout', default=1800, min=1,
        help='Seconds that a call which may take long (making room for a '
             'guest, say) waits for its answer. A peer that dies is noticed '
             'within rpc_response_timeout all the same.'),
)


def register_opts(conf):
    conf.register_opts(OPTS)


def list_opts():
    return [(None, OPTS)]
