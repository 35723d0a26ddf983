"""URL schemes that pyserial learns from us: one module a scheme, named protocol_SCHEME."""
