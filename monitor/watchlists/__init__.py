"""What watchlists brought, would bring, and never will."""
