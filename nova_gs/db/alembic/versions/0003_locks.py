"""Who has locked an instance, and why."""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'


def upgrade():
    for column in (sa.Column('locked_by', sa.String(16)),
                   sa.Column('locked_reason', sa.String(255))):
        op.add_column('instances', column)
