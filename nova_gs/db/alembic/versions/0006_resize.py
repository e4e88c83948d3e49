"""What a guest was before it was moved cold or resized."""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'


def upgrade():
    for column in (sa.Column('old_flavor', sa.JSON(none_as_null=True)),
                   sa.Column('new_flavor', sa.JSON(none_as_null=True)),
                   sa.Column('old_vm_state', sa.String(255))):
        op.add_column('migrations', column)
