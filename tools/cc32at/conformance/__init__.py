"""Replaying recordings of the vendor's AT core against the firmware, in both styles."""
