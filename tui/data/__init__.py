"""What the dashboard keeps while it runs: alerts, filters, triage decisions, its own state."""
