"""Reading the options again, on SIGHUP."""

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


def reload(conf):
    """Put mutable options into force as they are in the files now.

    All of them or, if anything about the files is wrong, none; never raises.
    Other options that have changed are named in the log.

    :param conf: ConfigOpts
    """
    before = conf._mutable_ns
    try:
        conf.mutate_config_files()
        _read_mutable(conf)
    # A parser of arguments ends the program when it does not like one.
    except (Exception, SystemExit) as error:
        problem = ' '.join(str(error).split()).rstrip('.')
    else:
        LOG.info('The options were read again.')
        return
    conf._mutable_ns = before
    # Forgets what was read of the bad files.
    conf.register_opts(())
    LOG.error('The options could not be read again, so those in force stay: '
              '%s. Correct that and send SIGHUP once more.', problem)


def _read_mutable(conf):
    for info, group in conf._all_opt_infos():
        option = info['opt']
        if option.mutable:
            (conf if group is None else conf[group.name])[option.dest]
