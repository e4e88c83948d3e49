"""The tables.

There are no foreign keys: rows are found by UUID and never removed while
something refers to them, and each key would cost a lock on its parent in
every claim.
"""

import sqlalchemy as sa

from nova_gs.db import dialects

metadata = sa.MetaData()


def _id():
    # SQLite only counts up by itself in an INTEGER.
    return sa.Column(
        'id', sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
        primary_key=True, autoincrement=True)


def _text(name, length=255, **kwargs):
    return sa.Column(name, sa.String(length), **kwargs)


def _uuid(name='uuid', **kwargs):
    return sa.Column(name, sa.String(36), **kwargs)


def _number(name, default=None):
    return sa.Column(name, sa.Integer, nullable=default is None,
                     default=default)


def _bytes(name):
    return sa.Column(name, sa.BigInteger)


def _flag(name, default=False):
    return sa.Column(name, sa.Boolean, nullable=False, default=default)


def _time(name, **kwargs):
    return sa.Column(name, dialects.UTCDateTime, **kwargs)


def _json(name, default=None):
    return sa.Column(name, sa.JSON(none_as_null=True), default=default)


def _created():
    return _time('created_at', nullable=False, default=dialects.now())


def _updated(**kwargs):
    return _time('updated_at', onupdate=dialects.now(), **kwargs)


instances = sa.Table(
    'instances', metadata,
    _id(), _uuid(nullable=False, unique=True),
    _text('display_name'), _text('hostname'),
    _text('user_id'), _text('project_id'),
    _text('host'), _text('node'),
    _text('vm_state'), _text('task_state'), _number('power_state', 0),
    _json('flavor'), _text('flavor_id'), _text('image_ref'),
    _number('memory_mb', 0), _number('vcpus', 0), _number('root_gb', 0),
    _number('disk_gb'),
    _text('availability_zone'), _number('launch_index', 0),
    _text('reservation_id'), _text('key_name'),
    _json('metadata', {}), _flag('locked'), _text('locked_by', 16),
    _text('locked_reason'), _text('description'),
    _json('tags', []), sa.Column('user_data', sa.Text),
    _flag('config_drive'), _number('progress', 0), _json('fault'),
    _json('ports', []),
    _created(), _updated(default=dialects.now()),
    _time('launched_at'), _time('terminated_at'),
    _flag('deleted'), _time('deleted_at'),
    sa.Index('ix_instances_host', 'host', 'deleted'),
    sa.Index('ix_instances_project', 'project_id', 'deleted', 'created_at'),
    sa.Index('ix_instances_created', 'created_at'),
    sa.Index('ix_instances_updated', 'updated_at'),
)

migrations = sa.Table(
    'migrations', metadata,
    _id(), _uuid(nullable=False, unique=True),
    _uuid('instance_uuid', nullable=False),
    _text('source_compute'), _text('source_node'),
    _text('dest_compute'), _text('dest_node'), _text('dest_host'),
    _text('status', 32, nullable=False, default='accepted'),
    _text('migration_type', 32, nullable=False, default='live-migration'),
    _number('old_flavor_id'), _number('new_flavor_id'),
    _json('old_flavor'), _json('new_flavor'), _text('old_vm_state'),
    _bytes('memory_total'), _bytes('memory_processed'),
    _bytes('memory_remaining'), _bytes('disk_total'),
    _bytes('disk_processed'), _bytes('disk_remaining'),
    _text('user_id'), _text('project_id'),
    _created(), _updated(),
    sa.Index('ix_migrations_instance', 'instance_uuid', 'status'),
    sa.Index('ix_migrations_dest', 'dest_compute', 'status'),
    sa.Index('ix_migrations_source', 'source_compute', 'status'),
)

#: ``next_sweep_at`` is set while a step is offered, and while a conductor has
#: claimed it; ``offered_by`` is the claim that offered the present step, so
#: that repeating an offer does no harm; ``action_id`` saves looking the
#: instance action up.
operations = sa.Table(
    'operations', metadata,
    _id(), _uuid(nullable=False, unique=True),
    _text('kind', 32, nullable=False), _text('request_id', 64),
    _uuid('instance_uuid', nullable=False), _uuid('migration_uuid'),
    _text('user_id'), _text('project_id'),
    _text('state', 16, nullable=False), _text('step', 64, nullable=False),
    _text('host'), _text('peer_host'),
    _text('owner'), _text('claim_id', 64), _text('offered_by', 64),
    _number('progress'), _bytes('remaining'),
    _time('expires_at'), _time('next_sweep_at'),
    sa.Column('error', sa.Text), _json('params', {}),
    sa.Column('action_id', sa.BigInteger),
    _created(), _updated(default=dialects.now()),
    sa.Index('ix_operations_instance', 'instance_uuid', 'state'),
    sa.Index('ix_operations_host', 'host', 'state'),
    sa.Index('ix_operations_peer', 'peer_host', 'state'),
    sa.Index('ix_operations_sweep', 'next_sweep_at'),
)

#: ``quiesced_at`` is set while an operator wants the host to take nothing in;
#: with the two columns after it, it outlives the phases of a stop.
services = sa.Table(
    'services', metadata,
    _id(), _uuid(nullable=False, unique=True),
    _text('host', nullable=False), _text('binary', 64, nullable=False),
    _text('topic', 64), _number('version', 0), _text('availability_zone'),
    _flag('disabled'), _text('disabled_reason'), _flag('forced_down'),
    _time('last_seen_at'), _text('owner'),
    _text('phase', 16, nullable=False, default='serving'),
    _text('phase_reason'), _time('phase_deadline'),
    _time('quiesced_at'), _text('quiesce_reason'), _time('quiesce_deadline'),
    _number('report_count', 0),
    _created(), _updated(),
    sa.UniqueConstraint('host', 'binary', name='uq_services_host_binary'),
)

compute_nodes = sa.Table(
    'compute_nodes', metadata,
    _id(), _uuid(nullable=False, unique=True),
    _text('host', nullable=False, unique=True),
    _text('hypervisor_hostname'), _text('hypervisor_type', 64),
    _number('hypervisor_version', 0), _text('host_ip', 64),
    _number('vcpus', 0), _number('memory_mb', 0), _number('local_gb', 0),
    _json('cpu_info', {}), _number('generation', 0),
    _number('reserved_memory_mb', 0),
    sa.Column('ram_allocation_ratio', sa.Double, nullable=False, default=1.0),
    sa.Column('cpu_allocation_ratio', sa.Double, nullable=False, default=1.0),
    sa.Column('disk_allocation_ratio', sa.Double, nullable=False,
              default=1.0, server_default='1.0'),
    _created(), _updated(),
)

flavors = sa.Table(
    'flavors', metadata,
    _id(), _text('flavorid', nullable=False, unique=True),
    _text('name', nullable=False, unique=True),
    _number('memory_mb', 0), _number('vcpus', 0), _number('root_gb', 0),
    _number('ephemeral_gb', 0), _number('swap', 0),
    _flag('is_public', True), _flag('disabled'),
    sa.Column('description', sa.Text), _json('extra_specs', {}),
    _created(), _updated(),
)

images = sa.Table(
    'images', metadata,
    _uuid('id', primary_key=True), _text('name', nullable=False),
    _text('path', 1024, nullable=False),
    _text('disk_format', 16, nullable=False),
    sa.Column('size', sa.BigInteger, nullable=False),
    _text('checksum', 64, nullable=False),
    _number('min_disk', 0), _number('min_ram', 0),
    _text('status', 16, nullable=False, default='active'),
    _created(), _updated(),
)

instance_actions = sa.Table(
    'instance_actions', metadata,
    _id(), _text('action', 64, nullable=False),
    _uuid('instance_uuid', nullable=False), _text('request_id', 64),
    _text('user_id'), _text('project_id'),
    _time('start_time'), _time('finish_time'), _updated(),
    sa.Column('message', sa.Text),
    sa.Index('ix_instance_actions_instance', 'instance_uuid', 'request_id'),
)

instance_action_events = sa.Table(
    'instance_action_events', metadata,
    _id(), _text('event', 64, nullable=False),
    sa.Column('action_id', sa.BigInteger, nullable=False), _text('host'),
    _time('start_time'), _time('finish_time'), _text('result', 16),
    sa.Column('traceback', sa.Text), sa.Column('details', sa.Text),
    sa.Index('ix_instance_action_events_action', 'action_id'),
)

#: The latest of each name and tag; ids are never given twice, so that what
#: came after some moment can be told by them.
external_events = sa.Table(
    'external_events', metadata,
    _id(), _uuid('instance_uuid', nullable=False),
    _text('name', 64, nullable=False), _text('status', 16, nullable=False),
    _text('tag'), _created(),
    sa.Index('ix_external_events_instance', 'instance_uuid', 'name'),
    sqlite_autoincrement=True,
)

#: Of a token only its hash is kept: who can read the database cannot open
#: consoles with it.
console_tokens = sa.Table(
    'console_tokens', metadata,
    _id(), _text('token_hash', 64, nullable=False, unique=True),
    _uuid('instance_uuid', nullable=False),
    _text('console_type', 16, nullable=False),
    _time('expires_at', nullable=False),
    _created(),
    sa.Index('ix_console_tokens_expires', 'expires_at'),
)
