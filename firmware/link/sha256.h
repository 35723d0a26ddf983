// SHA-256 (FIPS 180-4).
#ifndef FIRMWARE_LINK_SHA256_H
#define FIRMWARE_LINK_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE (32)

void sha256(const uint8_t *data, size_t len, uint8_t digest[SHA256_SIZE]);

#endif
