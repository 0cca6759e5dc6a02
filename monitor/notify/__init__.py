"""Telling people: what is on its way is sent, once the channel accepted it is noted as sent.

::

    store ── deliveries that are due ──▶ notifier, a task for each channel
                                            │ parcels: the alert, its article
                                            ▼
               webhook | command | lines | atom | services ─▶ services_process, Apprise
                                            │ accepted, or a Refusal
                                            ▼
                                 retrying: sent | tried again, when | given up
"""

from __future__ import annotations

from monitor.notify.notifier import Notifier
from monitor.notify.senders import Sender, Senders

__all__ = ["Notifier", "Sender", "Senders"]
