"""Options of the fake hypervisor, which tests hold and break."""

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'hypervisor_socket', default='$state_path/hypervisor.sock',
        help='UNIX socket of this host\'s simulated hypervisor.'),
    cfg.DictOpt(
        'durations', default={},
        help='Seconds that each driver call lasts, by verb: '
             'reboot:0.05,start_migration:2.'),
    cfg.ListOpt(
        'failures', default=[],
        help='Verbs of the driver contract that fail when called.'),
    cfg.BoolOpt(
        'plugs_ahead', default=True,
        help='Whether a guest\'s interfaces are plugged in before it moves '
             'here. Otherwise its migration does not wait for its network, '
             'as with hypervisors that cannot do that.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='fake')


def list_opts():
    return [('fake', OPTS)]
