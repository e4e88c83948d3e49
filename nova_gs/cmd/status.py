"""nova-status: is everything ready for this release?

``nova-status upgrade check`` exits with 0 when it is, 1 with a warning, 2
when something has to be done first, 255 when it could not find out.
"""

import logging
import sys

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck

from nova_gs import conf as nova_conf
from nova_gs.db import engine
from nova_gs.db import store
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.rpc import versions

_OLDEST = versions.SERVICE_HISTORY[0][0]


class Checks(upgradecheck.UpgradeCommands):
    """The checks.

    :param conf: ConfigOpts
    """

    def __init__(self, conf):
        self._conf = conf

    def check_schema(self):
        """The database's schema is the one of this release."""
        try:
            store.Store(self._conf).require_schema()
        except exception.NovaGSException as error:
            return _failure(exception.reason_of(error))
        return _success()

    def check_computes(self):
        """Every compute is new enough to be talked to."""
        try:
            services = store.Store(self._conf).services.get_by_filters(
                {'binary': fields.Binary.COMPUTE})
        except (exception.NovaGSException, *engine.ERRORS) as error:
            return _failure('The services cannot be read: %s'
                            % str(error).splitlines()[0])
        too_old = _hosts_below(services, _OLDEST)
        if too_old:
            return _failure(
                'Too old for this release: %s. Upgrade them first, or '
                'delete the services that are gone.' % too_old)
        older = _hosts_below(services, versions.SERVICE_VERSION)
        if older:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING,
                'Not of this release yet: %s. They work, with what they '
                'know; upgrade them when you can.' % older)
        return _success()

    _upgrade_checks = (
        ('Database schema', check_schema),
        ('Compute services', check_computes),
    )


def main():
    """Run nova-status; returns the exit code."""
    # It logs a traceback of what a check says in one sentence.
    logging.getLogger('oslo_db').setLevel(logging.CRITICAL)
    conf = cfg.ConfigOpts()
    nova_conf.register_opts(conf)
    try:
        return upgradecheck.main(conf, project='nova',
                                 upgrade_command=Checks(conf))
    except cfg.Error as error:
        print('nova-status: %s' % ' '.join(str(error).split()),
              file=sys.stderr)
        return 255


def _hosts_below(services, version):
    return ', '.join('%(host)s (service version %(version)d)' % service
                     for service in services if service['version'] < version)


def _success():
    return upgradecheck.Result(upgradecheck.Code.SUCCESS)


def _failure(details):
    return upgradecheck.Result(upgradecheck.Code.FAILURE, details)


if __name__ == '__main__':
    sys.exit(main())
