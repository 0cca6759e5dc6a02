"""The dashboard in a browser: `tocsin serve`."""
