"""Alembic's entry: runs the migrations on the connection that newsroom.schema hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="newsroom.db.",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
