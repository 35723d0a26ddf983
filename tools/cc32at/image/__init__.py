"""What the firmware's build needs besides make: sources, generated pins, reports."""
