"""The archive in an OpenSearch cluster: the same words, places and answers as in a folder."""
