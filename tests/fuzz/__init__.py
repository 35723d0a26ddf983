"""Random sessions against the AT core: what they are made of, how they are played and judged."""

import sys

from cc32at.hostlink import firmware_paths

sys.path += [path for path in firmware_paths() if path not in sys.path]
