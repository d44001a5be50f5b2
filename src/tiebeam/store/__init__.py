"""PostgreSQL, plainly: the embedded server, the pool, the transaction, the migrations."""
