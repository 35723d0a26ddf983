"""File system group."""
