"""The ports of an instance, and what other services have told of it."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0004'
down_revision = '0003'


def upgrade():
    op.add_column('instances', sa.Column('ports', sa.JSON(none_as_null=True)))
    op.create_table(
        'external_events',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
                  primary_key=True, autoincrement=True),
        sa.Column('instance_uuid', sa.String(36), nullable=False),
        sa.Column('name', sa.String(64), nullable=False),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('tag', sa.String(255)),
        sa.Column('created_at', sa.DateTime().with_variant(
            mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
        sa.Index('ix_external_events_instance', 'instance_uuid', 'name'),
        sqlite_autoincrement=True)
