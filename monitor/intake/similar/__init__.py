"""Finds articles about one event in another language, by sentence vectors.

::

    article is stored, its alerts too ─▶ encoding, in a process that can be killed ─▶ vector
    vector ─▶ margin to the vectors of three days ─▶ sure   ─▶ linked, its alerts escalate
                                                  ─▶ likely ─▶ linked
                                                  ─▶ else nothing
"""
