"""The full-text index: segments and locks are kept by Whoosh; postings and executor are ours."""
