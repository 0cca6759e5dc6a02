"""What is kept, and who may write to it.

::

    store/          the tables; SQLite, PostgreSQL
    search/         queries of people: filters, pages, trends
    maintenance/    the indexer; index repair, retention, backup, verification

`data_folder` and `monitor_lock` see that one monitor, and nobody else, writes to a data folder.
Of several monitors of a store, `fencing` refuses what is done under a lease that is lost.
"""
