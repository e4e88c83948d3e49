"""The report that SIGUSR2 asks for.

The group and the option are oslo.reports' own; that library is loaded only
when a report is written, so it cannot register them.
"""

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'log_dir',
        help='Directory that takes the Guru Meditation Reports, a file for '
             'each SIGUSR2, named after the program, the time (UTC) and the '
             'process. Without it they go to standard error, which is the '
             "journal under systemd. It holds the process's options, apart "
             'from secret ones.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='oslo_reports')


def list_opts():
    return [('oslo_reports', OPTS)]
