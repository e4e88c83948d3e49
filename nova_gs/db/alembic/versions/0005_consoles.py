"""Tokens that let their bearers see a guest's console."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0005'
down_revision = '0004'


def upgrade():
    op.create_table(
        'console_tokens',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
                  primary_key=True, autoincrement=True),
        sa.Column('token_hash', sa.String(64), nullable=False, unique=True),
        sa.Column('instance_uuid', sa.String(36), nullable=False),
        sa.Column('console_type', sa.String(16), nullable=False),
        _time('expires_at', nullable=False),
        _time('created_at', nullable=False),
        sa.Index('ix_console_tokens_expires', 'expires_at'),
    )


def _time(name, **kwargs):
    return sa.Column(name, sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), **kwargs)
