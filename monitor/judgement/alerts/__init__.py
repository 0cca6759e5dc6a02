"""Decisions about alerts, from facts and the time. Pure.

The store reads the facts (`AlertFacts`) and writes the plan (`AlertPlan`) in one transaction;
between the two, `alert_planning` decides which alerts are raised, which are duplicates, which
are escalated, and who is notified.
"""
