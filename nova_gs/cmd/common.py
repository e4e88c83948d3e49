"""What the programs have in common: options, log, and the way out."""

import logging as stdlib_logging
import os
import re
import sys

from nova_gs import concurrency

#: What libraries say beside what their errors and ours say anyway.
_LOG_LEVELS = {
    'amqp': 'WARN',
    'kombu': 'WARN',
    'oslo_messaging': 'WARN',
    # Waiting for a free connection is what a bounded pool is for.
    'oslo.messaging._drivers.pool': 'ERROR',
    # The error for a driver that does not exist comes as an exception.
    'stevedore': 'ERROR',
}

#: How oslo.config says which value it cannot use.
_BAD_VALUE = re.compile(r"(?: from .*detail='(?P<file>.*)'\)?)? is not valid: "
                        r'(?P<problem>.*)')


def init_backend():
    """Choose oslo.service's backend, before anything imports oslo.messaging.

    Its import selects oslo.service's default, which is eventlet; here it is
    the mode that the process runs in, threads unless that was changed.
    """
    # futurist imports eventlet.
    concurrency.quieten_eventlet()
    from oslo_service import backend
    backend.init_backend(
        backend.BackendType.EVENTLET
        if concurrency.current() is concurrency.Mode.EVENTLET
        else backend.BackendType.THREADING)


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
        ) + ['%s=%s' % item for item in _LOG_LEVELS.items()])
    try:
        conf(sys.argv[1:] if arguments is None else arguments,
             project='nova', prog=program, version=version.version_string())
        read_all(conf)
        _set_up_log(conf, program)
    except cfg.ConfigFilesNotFoundError as error:
        raise exception.ConfigurationError(
            option='--config-file', problem='%s cannot be read' % ', '.join(
                error.config_files), remedy='Name a file that exists.')
    except cfg.Error as error:
        raise exception.ConfigurationError(
            option='The options', problem=_line(error),
            remedy='Correct that and start again.')
    return conf


def run(program, service_class):
    """Run a service to its end and leave with its exit code."""
    from oslo_log import log as logging

    from nova_gs import exception
    from nova_gs.service import daemon

    try:
        service = _make(program, service_class)
    except exception.NovaGSException as error:
        daemon.fail(exception.reason_of(error))
    code = service.run()
    for handler in logging.getLogger(None).logger.handlers:
        handler.flush()
    stdlib_logging.shutdown()
    # Threads may be left in calls that do not return; nothing waits for
    # them, everything that matters has been written.
    os._exit(code)


def read_all(conf):
    """Look at every option once, so that a bad value shows at the start.

    :param conf: ConfigOpts, with its files read
    :raises: ConfigurationError
    """
    for name in conf:
        value = _read(conf, name)
        if isinstance(value, conf.GroupAttr):
            for option in value:
                _read(value, option, name)


def _make(program, service_class):
    """Return a service of a class, with options that are all of use."""
    from oslo_config import cfg

    from nova_gs import clock

    conf = configure(program)
    _check_broker(conf)
    try:
        service = service_class(conf, clock.Clock())
    except cfg.Error:
        read_all(conf)
        raise
    # Once more: libraries have registered options of theirs meanwhile.
    read_all(conf)
    return service


def _read(options, name, group=None):
    from oslo_config import cfg

    from nova_gs import exception
    try:
        return options[name]
    except cfg.Error as error:
        text = _line(error)
        bad = _BAD_VALUE.search(text)
        raise exception.ConfigurationError(
            option='[%s] %s' % (group, name) if group else name,
            problem=bad['problem'].rstrip('.') if bad else text.rstrip('.'),
            remedy='Correct it in %s.' % (
                bad and bad['file'] or 'the options')) from error


def _check_broker(conf):
    """Refuse a transport_url that oslo.messaging cannot use."""
    import oslo_messaging

    from nova_gs import exception
    from nova_gs.rpc import transport
    try:
        transport.create(conf)
        return
    except (oslo_messaging.DriverLoadFailure,
            oslo_messaging.InvalidTransportURL) as error:
        problem = _line(error).rstrip('.')
    except ValueError:
        # Its text may have a part of the password in it.
        problem = 'the port in it is not a number'
    raise exception.ConfigurationError(
        option='transport_url', problem=problem,
        remedy='Name a broker as rabbit://user:password@host:port/.')


def _set_up_log(conf, program):
    from oslo_log import log as logging

    from nova_gs import exception
    try:
        logging.setup(conf, program)
    except (OSError, logging.LogConfigError) as error:
        option = ('log_config_append' if conf.log_config_append
                  else 'log_file' if conf.log_file else 'log_dir')
        raise exception.ConfigurationError(
            option=option, problem=_line(error).rstrip('.'),
            remedy='Name a file that this user may use.')


def _line(error):
    return ' '.join(str(error).split())
