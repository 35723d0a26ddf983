"""Random sessions against the AT core: what they are made of, how they are played and judged."""
