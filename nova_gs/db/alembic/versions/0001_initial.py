"""The tables of the first release, and its two flavors."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from nova_gs.db import dialects

revision = '0001'
down_revision = None


def upgrade():
    _instances()
    _migrations()
    _operations()
    _services()
    _compute_nodes()
    _flavors()
    _images()
    _instance_actions()
    _instance_action_events()
    _built_in_flavors()


def _id():
    return sa.Column(
        'id', sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
        primary_key=True, autoincrement=True)


def _text(name, length=255, **kwargs):
    return sa.Column(name, sa.String(length), **kwargs)


def _memo(name):
    return sa.Column(name, sa.Text)


def _number(name, **kwargs):
    return sa.Column(name, sa.Integer, **kwargs)


def _big(name, **kwargs):
    return sa.Column(name, sa.BigInteger, **kwargs)


def _ratio(name):
    return sa.Column(name, sa.Double, nullable=False)


def _flag(name):
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name, **kwargs):
    return sa.Column(name, sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), **kwargs)


def _json(name):
    return sa.Column(name, sa.JSON(none_as_null=True))


def _instances():
    op.create_table(
        'instances', _id(), _text('uuid', 36, nullable=False),
        _text('display_name'), _text('hostname'), _text('user_id'),
        _text('project_id'), _text('host'), _text('node'), _text('vm_state'),
        _text('task_state'), _number('power_state', nullable=False),
        _json('flavor'), _text('flavor_id'), _text('image_ref'),
        _number('memory_mb', nullable=False), _number('vcpus', nullable=False),
        _number('root_gb', nullable=False), _text('availability_zone'),
        _number('launch_index', nullable=False), _text('reservation_id'),
        _text('key_name'), _json('metadata'), _flag('locked'),
        _text('description'), _json('tags'), _memo('user_data'),
        _flag('config_drive'), _number('progress', nullable=False),
        _json('fault'), _time('created_at', nullable=False),
        _time('updated_at'), _time('launched_at'), _time('terminated_at'),
        _flag('deleted'), _time('deleted_at'),
        sa.UniqueConstraint('uuid'))
    op.create_index('ix_instances_created', 'instances', ['created_at'])
    op.create_index('ix_instances_host', 'instances', ['host', 'deleted'])
    op.create_index(
        'ix_instances_project', 'instances',
        ['project_id', 'deleted', 'created_at'])
    op.create_index('ix_instances_updated', 'instances', ['updated_at'])


def _migrations():
    op.create_table(
        'migrations', _id(), _text('uuid', 36, nullable=False),
        _text('instance_uuid', 36, nullable=False), _text('source_compute'),
        _text('source_node'), _text('dest_compute'), _text('dest_node'),
        _text('dest_host'), _text('status', 32, nullable=False),
        _text('migration_type', 32, nullable=False), _number('old_flavor_id'),
        _number('new_flavor_id'), _big('memory_total'),
        _big('memory_processed'), _big('memory_remaining'), _big('disk_total'),
        _big('disk_processed'), _big('disk_remaining'), _text('user_id'),
        _text('project_id'), _time('created_at', nullable=False),
        _time('updated_at'),
        sa.UniqueConstraint('uuid'))
    op.create_index(
        'ix_migrations_dest', 'migrations',
        ['dest_compute', 'status'])
    op.create_index(
        'ix_migrations_instance', 'migrations',
        ['instance_uuid', 'status'])
    op.create_index(
        'ix_migrations_source', 'migrations',
        ['source_compute', 'status'])


def _operations():
    op.create_table(
        'operations', _id(), _text('uuid', 36, nullable=False),
        _text('kind', 32, nullable=False), _text('request_id', 64),
        _text('instance_uuid', 36, nullable=False),
        _text('migration_uuid', 36), _text('user_id'), _text('project_id'),
        _text('state', 16, nullable=False), _text('step', 64, nullable=False),
        _text('host'), _text('peer_host'), _text('owner'),
        _text('claim_id', 64), _text('offered_by', 64), _number('progress'),
        _big('remaining'), _time('expires_at'), _time('next_sweep_at'),
        _memo('error'), _json('params'), _big('action_id'),
        _time('created_at', nullable=False), _time('updated_at'),
        sa.UniqueConstraint('uuid'))
    op.create_index('ix_operations_host', 'operations', ['host', 'state'])
    op.create_index(
        'ix_operations_instance', 'operations',
        ['instance_uuid', 'state'])
    op.create_index('ix_operations_peer', 'operations', ['peer_host', 'state'])
    op.create_index('ix_operations_sweep', 'operations', ['next_sweep_at'])


def _services():
    op.create_table(
        'services', _id(), _text('uuid', 36, nullable=False),
        _text('host', nullable=False), _text('binary', 64, nullable=False),
        _text('topic', 64), _number('version', nullable=False),
        _text('availability_zone'), _flag('disabled'),
        _text('disabled_reason'), _flag('forced_down'), _time('last_seen_at'),
        _text('owner'), _text('phase', 16, nullable=False),
        _text('phase_reason'), _time('phase_deadline'),
        _number('report_count', nullable=False),
        _time('created_at', nullable=False), _time('updated_at'),
        sa.UniqueConstraint('host', 'binary', name='uq_services_host_binary'),
        sa.UniqueConstraint('uuid'))


def _compute_nodes():
    op.create_table(
        'compute_nodes', _id(), _text('uuid', 36, nullable=False),
        _text('host', nullable=False), _text('hypervisor_hostname'),
        _text('hypervisor_type', 64),
        _number('hypervisor_version', nullable=False), _text('host_ip', 64),
        _number('vcpus', nullable=False), _number('memory_mb', nullable=False),
        _number('local_gb', nullable=False), _json('cpu_info'),
        _number('generation', nullable=False),
        _number('reserved_memory_mb', nullable=False),
        _ratio('ram_allocation_ratio'), _ratio('cpu_allocation_ratio'),
        _time('created_at', nullable=False), _time('updated_at'),
        sa.UniqueConstraint('host'),
        sa.UniqueConstraint('uuid'))


def _flavors():
    op.create_table(
        'flavors', _id(), _text('flavorid', nullable=False),
        _text('name', nullable=False), _number('memory_mb', nullable=False),
        _number('vcpus', nullable=False), _number('root_gb', nullable=False),
        _number('ephemeral_gb', nullable=False),
        _number('swap', nullable=False), _flag('is_public'), _flag('disabled'),
        _memo('description'), _json('extra_specs'),
        _time('created_at', nullable=False), _time('updated_at'),
        sa.UniqueConstraint('flavorid'),
        sa.UniqueConstraint('name'))


def _images():
    op.create_table(
        'images', _text('id', 36, primary_key=True),
        _text('name', nullable=False), _text('path', 1024, nullable=False),
        _text('disk_format', 16, nullable=False), _big('size', nullable=False),
        _text('checksum', 64, nullable=False),
        _number('min_disk', nullable=False),
        _number('min_ram', nullable=False),
        _text('status', 16, nullable=False),
        _time('created_at', nullable=False), _time('updated_at'))


def _instance_actions():
    op.create_table(
        'instance_actions', _id(), _text('action', 64, nullable=False),
        _text('instance_uuid', 36, nullable=False), _text('request_id', 64),
        _text('user_id'), _text('project_id'), _time('start_time'),
        _time('finish_time'), _time('updated_at'), _memo('message'))
    op.create_index(
        'ix_instance_actions_instance', 'instance_actions',
        ['instance_uuid', 'request_id'])


def _instance_action_events():
    op.create_table(
        'instance_action_events', _id(), _text('event', 64, nullable=False),
        _big('action_id', nullable=False), _text('host'), _time('start_time'),
        _time('finish_time'), _text('result', 16), _memo('traceback'),
        _memo('details'))
    op.create_index(
        'ix_instance_action_events_action', 'instance_action_events',
        ['action_id'])


def _built_in_flavors():
    table = sa.table('flavors', *[sa.column(name) for name in (
        'flavorid', 'name', 'memory_mb', 'vcpus', 'root_gb', 'ephemeral_gb',
        'swap')], sa.column('is_public', sa.Boolean),
        sa.column('disabled', sa.Boolean),
        sa.column('extra_specs', sa.JSON),
        sa.column('created_at', dialects.UTCDateTime))
    for flavorid, name, memory_mb in (
            ('1', 'm1.ticker', 128), ('2', 'm1.small', 256)):
        op.execute(sa.insert(table).values(
            flavorid=flavorid, name=name, memory_mb=memory_mb, vcpus=1,
            root_gb=1, ephemeral_gb=0, swap=0, is_public=True,
            disabled=False, extra_specs={}, created_at=dialects.now()))
