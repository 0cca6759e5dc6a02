"""The store in PostgreSQL: its connections, its tables, and what it says otherwise."""
