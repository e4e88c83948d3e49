"""``nova-manage operation``: requests, and how far they are."""

from nova_gs.cmd.manage import base

_COLUMNS = ('uuid', 'kind', 'state', 'step', 'host', 'peer_host',
            'instance_uuid', 'progress', 'updated_at', 'error')

_FIELDS = ('uuid', 'kind', 'state', 'step', 'progress', 'remaining', 'host',
           'peer_host', 'instance_uuid', 'migration_uuid', 'request_id',
           'user_id', 'project_id', 'owner', 'claim_id', 'created_at',
           'updated_at', 'expires_at', 'error')


def add(nouns):
    """Add the noun to the command line."""
    verbs = base.verbs(nouns, 'operation', 'requests and how far they are')
    listing = base.telling(verbs, 'list', show)
    listing.add_argument('--host', help='only what involves this host')
    listing.add_argument('--all', action='store_true',
                         help='also what has ended')
    showing = base.telling(verbs, 'show', show_one)
    showing.add_argument('id', metavar='ID')


def show(conf, arguments):
    """Print what is under way, or everything."""
    filters = {} if arguments.all else {'open': True}
    if arguments.host:
        filters['host'] = arguments.host
    base.show(_COLUMNS,
              base.records(conf).operations.get_by_filters(filters),
              arguments.json)


def show_one(conf, arguments):
    """Print one operation with all that is on record of it."""
    base.show_one(_FIELDS,
                  base.records(conf).operations.get_by_uuid(arguments.id),
                  arguments.json)
