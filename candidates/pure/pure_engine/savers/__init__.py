"""Savers: where checkpoints and pending writes are kept (`langgraph.checkpoint`).

saver               what a saver does, and the values it takes and returns
memory              in dictionaries
sqlite              in SQLite
postgres            in PostgreSQL's tables, without a server
postgres_tables     those tables
postgres_jsonb      JSONB: its canonical text, `->>` and `@>`
postgres_pruning    `prune` with strategy `keep_latest`
delta_history       the writes that a delta channel is rebuilt from
"""
