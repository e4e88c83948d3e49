"""Who may see, complete and abort migrations."""

from nova_gs.policies import base

ROOT = 'os_compute_api:'
LIST_ALL = ROOT + 'os-migrations:index'
INDEX = ROOT + 'servers:migrations:index'
SHOW = ROOT + 'servers:migrations:show'
FORCE_COMPLETE = ROOT + 'servers:migrations:force_complete'
ABORT = ROOT + 'servers:migrations:delete'

PATH = '/servers/{server_id}/migrations'


def list_rules():
    """Return the defaults of this noun."""
    rule = base.rule
    return [
        rule(LIST_ALL, base.ADMIN, 'List migrations.', 'GET /os-migrations'),
        rule(INDEX, base.ADMIN, "List a server's live migrations.",
             'GET ' + PATH),
        rule(SHOW, base.ADMIN, "Show a server's live migration.",
             'GET ' + PATH + '/{migration_id}'),
        rule(FORCE_COMPLETE, base.ADMIN, 'Make a live migration complete.',
             'POST ' + PATH + '/{migration_id}/action (force_complete)'),
        rule(ABORT, base.ADMIN, 'Abort a live migration.',
             'DELETE ' + PATH + '/{migration_id}'),
    ]
