"""Replaying recordings of the vendor's AT core against the firmware, in style `ti`."""
