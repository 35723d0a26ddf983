#include <string.h>

#include "base64.h"

#define BAD (0xffu)

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of each 7-bit character.
// clang-format off
static const uint8_t values[128] = {
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,  62, BAD, BAD, BAD,  63,
     52,  53,  54,  55,  56,  57,  58,  59,  60,  61, BAD, BAD, BAD, BAD, BAD, BAD,
    BAD,   0,   1,   2,   3,   4,   5,   6,   7,   8,   9,  10,  11,  12,  13,  14,
     15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25, BAD, BAD, BAD, BAD, BAD,
    BAD,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,
     41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51, BAD, BAD, BAD, BAD, BAD,
};
// clang-format on

size_t base64_encode(const uint8_t *src, size_t len, uint8_t *dst) {
    uint8_t *out = dst;
    for (; len >= 3; len -= 3, src += 3) {
        uint32_t bits = src[0] << 16 | src[1] << 8 | src[2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = alphabet[bits >> 6 & 63];
        *out++ = alphabet[bits & 63];
    }
    if (len > 0) {
        uint32_t bits = src[0] << 16 | (len > 1 ? src[1] << 8 : 0);
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = len > 1 ? alphabet[bits >> 6 & 63] : '=';
        *out++ = '=';
    }
    return out - dst;
}

ptrdiff_t base64_decoded(const uint8_t *src, size_t len) {
    if (len % 4 != 0) {
        return -1;
    }
    ptrdiff_t n = len / 4 * 3;
    if (len > 0 && src[len - 1] == '=') {
        n -= src[len - 2] == '=' ? 2 : 1;
    }
    return n;
}

ptrdiff_t base64_decode(const uint8_t *src, size_t len, uint8_t *dst) {
    ptrdiff_t n = base64_decoded(src, len);
    if (n < 0) {
        return -1;
    }
    ptrdiff_t left = n;
    for (; left >= 3; left -= 3, src += 4) {
        uint32_t four;
        memcpy(&four, src, sizeof(four));
        if (four & 0x80808080) {
            return -1;
        }
        uint32_t a = values[four & 127];
        uint32_t b = values[four >> 8 & 127];
        uint32_t c = values[four >> 16 & 127];
        uint32_t d = values[four >> 24];
        if ((a | b | c | d) > 63) {
            return -1;
        }
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        dst[0] = bits >> 16;
        dst[1] = bits >> 8;
        dst[2] = bits;
        dst += 3;
    }
    if (left > 0) {
        if ((src[0] | src[1] | src[2]) > 127) {
            return -1;
        }
        unsigned a = values[src[0]];
        unsigned b = values[src[1]];
        unsigned c = left > 1 ? values[src[2]] : 0;
        if ((a | b | c) > 63) {
            return -1;
        }
        *dst++ = a << 2 | b >> 4;
        if (left > 1) {
            *dst = b << 4 | c >> 2;
        }
    }
    return n;
}
