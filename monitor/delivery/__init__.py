"""What leaves by itself: `notify` sends alerts and briefings, `export` is for other programs."""
