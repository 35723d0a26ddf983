"""The applications of the guide. They are handed a stream and own the core's buffers."""
