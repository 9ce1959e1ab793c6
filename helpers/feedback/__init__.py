"""From what users say to the next version: kept, reviewed, learned, and let through a gate."""
