"""All the disk that an instance takes, also ephemeral and swap."""

from alembic import op
import sqlalchemy as sa

revision = '0008'
down_revision = '0007'

_INSTANCES = sa.table(
    'instances', sa.column('id'), sa.column('root_gb'),
    sa.column('disk_gb'),
    sa.column('flavor', sa.JSON(none_as_null=True)))


def upgrade():
    op.add_column('instances', sa.Column('disk_gb', sa.Integer))
    connection = op.get_bind()
    rows = connection.execute(sa.select(
        _INSTANCES.c.id, _INSTANCES.c.flavor).where(
            _INSTANCES.c.flavor.is_not(None))).all()
    for number, flavor in rows:
        more = flavor.get('ephemeral_gb', 0) - (-flavor.get('swap', 0) // 1024)
        if more:
            connection.execute(
                sa.update(_INSTANCES).where(_INSTANCES.c.id == number)
                .values(disk_gb=_INSTANCES.c.root_gb + more))
