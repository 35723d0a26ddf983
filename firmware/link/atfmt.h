// Writers of the values in replies and events (guide-style.md chapter 3). The numeric ones write to `out`,
// which has room for the size named, and return the number of bytes written.
#ifndef FIRMWARE_LINK_ATFMT_H
#define FIRMWARE_LINK_ATFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATFMT_DEC_SIZE (21) // sign and 64 bits
#define ATFMT_HEX_SIZE (18)
#define ATFMT_IP4_SIZE (15)
#define ATFMT_MAC_SIZE (29)
#define ATFMT_IP6_SIZE (43)

size_t atfmt_dec(uint8_t *out, uint64_t magnitude, bool negative);
size_t atfmt_hex(uint8_t *out, uint64_t value); // 0x, lower case, no padding

// Addresses from their bytes: with `msb_first` in network order, else as little-endian 32-bit words
// (nwp-protocol.md 4.6).
size_t atfmt_ip4(uint8_t *out, const uint8_t *src, bool msb_first);
size_t atfmt_ip6(uint8_t *out, const uint8_t *src, bool msb_first);
size_t atfmt_mac(uint8_t *out, const uint8_t *src); // six bytes with 0x

// A string, quoted and escaped where rule V7 wants it. The size is that of the text written.
size_t atfmt_str_size(const uint8_t *src, size_t len);
size_t atfmt_str(uint8_t *out, const uint8_t *src, size_t len);

#endif
