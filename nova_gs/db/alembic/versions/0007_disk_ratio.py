"""How much more disk than it has a host gives out."""

from alembic import op
import sqlalchemy as sa

revision = '0007'
down_revision = '0006'


def upgrade():
    op.add_column('compute_nodes', sa.Column(
        'disk_allocation_ratio', sa.Double, nullable=False,
        server_default='1.0'))
