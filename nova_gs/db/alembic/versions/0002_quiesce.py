"""What an operator has asked of a host: to take nothing in, and since when."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0002'
down_revision = '0001'


def upgrade():
    for column in (_time('quiesced_at'),
                   sa.Column('quiesce_reason', sa.String(255)),
                   _time('quiesce_deadline')):
        op.add_column('services', column)


def _time(name):
    return sa.Column(name, sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'))
