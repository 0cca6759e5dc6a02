"""The evidence: a chain of records of each alert, and its verification."""
