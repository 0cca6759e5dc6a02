"""Articles and their alerts in the formats that analysts exchange.

stix     a STIX 2.1 bundle
misp     an event of MISP, as its import reads it
naming   the same thing has the same name in each export
"""

from __future__ import annotations
