"""The full-text index: Whoosh keeps its folder; segments, postings and executor are ours."""
