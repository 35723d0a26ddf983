// Base64 with the standard alphabet, padded, without line breaks (RFC 4648 section 4).
#ifndef FIRMWARE_LINK_BASE64_H
#define FIRMWARE_LINK_BASE64_H

#include <stddef.h>
#include <stdint.h>

#define BASE64_ENCODED(n)     (((n) + 2) / 3 * 4)
#define BASE64_MAX_DECODED(n) ((n) / 4 * 3)

// Returns BASE64_ENCODED(len), the number of characters written.
size_t base64_encode(const uint8_t *src, size_t len, uint8_t *dst);

// Number of bytes that `len` characters stand for, or -1 if no text of that length and ending is valid.
// Looks at the padding only.
ptrdiff_t base64_decoded(const uint8_t *src, size_t len);

// Writes base64_decoded() bytes and returns that, or -1 for anything that is not canonical but for unused
// bits. `dst` may be `src`.
ptrdiff_t base64_decode(const uint8_t *src, size_t len, uint8_t *dst);

#endif
