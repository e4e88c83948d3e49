"""Who is killed in which phase of a live migration, and what may follow.

Real hypervisors offer no switch that holds a phase open.  But a peer that
stands still (SIGSTOP) holds whatever waits for it, and libvirt is not
concerned by that; so each phase here is met, not hoped for.
"""

import dataclasses

SOURCE, DESTINATION, CONDUCTOR = 'source', 'destination', 'conductor'
SOURCE_LIBVIRTD = 'libvirtd of the source'
DESTINATION_LIBVIRTD = 'libvirtd of the destination'

COMPLETED, ERROR, CANCELLED = 'completed', 'error', 'cancelled'
EITHER = (COMPLETED, ERROR)
STAYS = (CANCELLED, ERROR)

#: Who is killed, all of a row at once.
VICTIMS = {
    'source': (SOURCE,),
    'destination': (DESTINATION,),
    'both': (SOURCE, DESTINATION),
    'conductor': (CONDUCTOR,),
    'source_libvirtd': (SOURCE_LIBVIRTD,),
    'destination_libvirtd': (DESTINATION_LIBVIRTD,),
}
_LIBVIRTDS = ('source_libvirtd', 'destination_libvirtd')


@dataclasses.dataclass(frozen=True)
class Phase:
    """A place in a migration.

    :param name: also names the method that brings a guest there
    :param steps: what the operation's step is there
    :param status: what the migration's status is there
    :param endings: what it may end as
    :param unless: {who is killed: other endings}
    """

    name: str
    steps: tuple
    status: tuple
    endings: tuple
    unless: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Row:
    """One kill."""

    phase: Phase
    who: str

    @property
    def victims(self):
        """The parts that are killed, by their parts in the migration."""
        return VICTIMS[self.who]

    @property
    def endings(self):
        """What the migration may end as."""
        return self.phase.unless.get(self.who, self.phase.endings)

    @property
    def method(self):
        """The name of its test."""
        return 'test_%s_killed_in_%s' % (self.who, self.phase.name)


PHASES = (
    Phase('checks', ('live_migrate_server',), ('accepted',), EITHER),
    Phase('queue', ('live_migration',), ('queued',), EITHER,
          {'conductor': (COMPLETED,), 'destination': (COMPLETED,)}),
    Phase('preparation', ('live_migration',), ('preparing',), EITHER),
    # libvirt carries on what a client has begun, but not what a libvirtd
    # has: then the guest stays where it is.
    Phase('pre_copy', ('live_migration',), ('running',), (COMPLETED,),
          dict.fromkeys(_LIBVIRTDS, (ERROR,))),
    Phase('post_copy', ('live_migration',), ('running',), (COMPLETED,)),
    Phase('post_step_at_destination',
          ('post_live_migration_at_destination',), ('post-migrating',),
          (COMPLETED,)),
    Phase('post_step_at_source', ('post_live_migration_at_source',),
          ('post-migrating',), (COMPLETED,)),
    Phase('rollback', ('rollback_live_migration_at_destination',),
          ('running',), STAYS),
)

ROWS = tuple(Row(phase, who) for phase in PHASES for who in VICTIMS)


def tests(rows):
    """Return a class that has a test for each row; they call ``kill(row)``."""
    def test_of(row):
        def test(self):
            self.kill(row)
        test.__name__ = row.method
        test.__doc__ = '%s, in %s.' % (', '.join(row.victims),
                                       row.phase.name)
        return test

    return type('Rows', (), {row.method: test_of(row) for row in rows})
