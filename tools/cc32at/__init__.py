"""PC side of the CC3220 AT firmware: emulator, network-processor model, client, conformance."""

__version__ = "0.1.0"
