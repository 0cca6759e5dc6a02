"""The data of the running dashboard: alerts, filters, triage decisions, its own state."""
