"""The store, its searches and its maintenance; and who may write to a data folder.

::

    store/          the tables; SQLite, PostgreSQL
    search/         queries of people: filters, pages, trends
    maintenance/    the indexer; index repair, retention, backup, verification

`data_folder` and `monitor_lock` ensure that only one monitor writes to a data folder. Where several
monitors share a store, `fencing` refuses writes under a lost lease.
"""
