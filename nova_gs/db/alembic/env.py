"""What alembic runs: on the connection that nova_gs.db.schema hands in."""

from alembic import context

from nova_gs.db import models

context.configure(
    connection=context.config.attributes['connection'],
    target_metadata=models.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
