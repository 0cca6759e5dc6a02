"""The Google Reader API, for feed readers: in the dialect of FreshRSS and Miniflux.

::

    reader ─▶ guard ─▶ sign_in ─▶ routes ─▶ streams ─▶ alerts of the store, each as an entry
    (phone)            token as             triage  ◀─ read: acknowledged; starred: star
                       password

An entry is an alert. A subscription is a watchlist, its folder the severity of the watchlist, and a
label is a tag of the analyst. So a reader shows what the dashboard shows, and unread means new.
"""
