"""The database of a store: its tables, and what SQLite and PostgreSQL do differently."""
