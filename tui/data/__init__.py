"""What the dashboard keeps while it runs: alerts, filters, triage on its way, its own state."""
