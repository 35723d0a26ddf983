"""The chip's blocks, one file each."""
