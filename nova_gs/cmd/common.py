"""What the programs have in common: options, log, and the way out."""

import logging as stdlib_logging
import os
import sys
import warnings


def init_backend():
    """Choose threads, before anything imports oslo.messaging.

    Its import selects oslo.service's default, which is eventlet.
    """
    # futurist imports eventlet, which would bring a DNS resolver that nobody
    # asks (a sixth of the start, 7 MiB), and says at length that it is old.
    os.environ.setdefault('EVENTLET_NO_GREENDNS', 'yes')
    warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')
    from oslo_service import backend
    backend.init_backend(backend.BackendType.THREADING)


def configure(program, arguments=None):
    """Read the options of a program.

    :param program: its name, which also names its default option files
    :param arguments: command line without the program's name
    :returns: the ConfigOpts
    :raises: ConfigurationError
    """
    from oslo_config import cfg
    from oslo_log import log as logging

    from nova_gs import conf as nova_conf
    from nova_gs import exception
    from nova_gs import version

    conf = cfg.CONF
    logging.register_options(conf)
    nova_conf.register_opts(conf)
    logging.set_defaults(default_log_levels=logging.get_default_log_levels(
        ) + ['amqp=WARN', 'oslo_messaging=WARN', 'kombu=WARN'])
    try:
        conf(sys.argv[1:] if arguments is None else arguments,
             project='nova', prog=program, version=version.version_string())
        _read_all(conf)
    except cfg.ConfigFilesNotFoundError as error:
        raise exception.ConfigurationError(
            option='--config-file', problem='%s cannot be read' % ', '.join(
                error.config_files), remedy='Name a file that exists.')
    except cfg.Error as error:
        raise exception.ConfigurationError(
            option='The options', problem=' '.join(str(error).split()),
            remedy='Correct that option and start again.')
    logging.setup(conf, program)
    return conf


def run(program, service_class):
    """Run a service to its end and leave with its exit code."""
    from oslo_log import log as logging

    from nova_gs import clock
    from nova_gs import exception
    from nova_gs.service import daemon

    try:
        conf = configure(program)
        service = service_class(conf, clock.Clock())
    except exception.NovaGSException as error:
        daemon.fail(exception.reason_of(error))
    except Exception as error:
        _fail_with_library_error(error)
    code = service.run()
    for handler in logging.getLogger(None).logger.handlers:
        handler.flush()
    stdlib_logging.shutdown()
    # Threads may be left in calls that do not return; nothing waits for
    # them, everything that matters has been written.
    os._exit(code)


def _fail_with_library_error(error):
    """End a start that a library refused, naming the option if it is one."""
    import oslo_messaging

    from nova_gs.service import daemon
    if isinstance(error, (oslo_messaging.DriverLoadFailure,
                          oslo_messaging.InvalidTransportURL)):
        daemon.fail('transport_url: %s. Name a broker as '
                    'rabbit://user:password@host:port/.' % error)
    raise error


def _read_all(conf):
    """Look at every option once, so that a bad value shows at the start."""
    for group, options in _registered(conf):
        for option in options:
            if group is None:
                conf[option.dest]
            else:
                conf[group][option.dest]


def _registered(conf):
    from nova_gs import conf as nova_conf
    return nova_conf.list_opts()
