#include <string.h>

#include "base64.h"

#define BAD (-1) // negative, wherever in a word it is shifted to

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of each 7-bit character.
// clang-format off
static const int8_t values[128] = {
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

// By words on either side, two of them a turn: 16 instructions for four characters, and 19 back.
#define GROUPS (2)

static inline uint32_t load(const uint8_t *src) {
    uint32_t word;
    memcpy(&word, src, sizeof(word));
    return word;
}

static inline void store(uint8_t *dst, uint32_t word) {
    memcpy(dst, &word, sizeof(word));
}

// The characters, first one lowest, of three bytes, first one uppermost; what is below them does not count.
static inline uint32_t encoded(uint32_t bytes) {
    return (uint32_t)alphabet[bytes >> 26] | (uint32_t)alphabet[bytes >> 20 & 63] << 8 |
           (uint32_t)alphabet[bytes >> 14 & 63] << 16 | (uint32_t)alphabet[bytes >> 8 & 63] << 24;
}

size_t base64_encode(const uint8_t *src, size_t len, uint8_t *dst) {
    uint8_t *out = dst;
    for (; len > 3 * GROUPS; len -= 3 * GROUPS) { // a word reaches one byte too far
#pragma GCC unroll 2
        for (int i = 0; i < GROUPS; i++, src += 3, out += 4) {
            store(out, encoded(__builtin_bswap32(load(src))));
        }
    }
    for (; len >= 3; len -= 3, src += 3, out += 4) {
        store(out, encoded((uint32_t)src[0] << 24 | src[1] << 16 | src[2] << 8));
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

// Three bytes, first one in bits 23 to 16; negative if a character of 7 bits is none of ours.
static inline uint32_t decoded(uint32_t four) {
    return (uint32_t)values[four & 127] << 18 | (uint32_t)values[four >> 8 & 127] << 12 |
           (uint32_t)values[four >> 16 & 127] << 6 | (uint32_t)values[four >> 24 & 127];
}

ptrdiff_t base64_decode(const uint8_t *src, size_t len, uint8_t *dst) {
    ptrdiff_t n = base64_decoded(src, len);
    if (n < 0) {
        return -1;
    }
    ptrdiff_t left = n;
    uint32_t all_bits = 0;
    uint32_t all_text = 0;
    for (; left > 3 * GROUPS; left -= 3 * GROUPS) { // a word reaches one byte too far
#pragma GCC unroll 2
        for (int i = 0; i < GROUPS; i++, src += 4, dst += 3) {
            uint32_t text = load(src);
            uint32_t bits = decoded(text);
            all_text |= text;
            all_bits |= bits;
            store(dst, __builtin_bswap32(bits) >> 8);
        }
    }
    for (; left >= 3; left -= 3, src += 4, dst += 3) {
        uint32_t text = load(src);
        uint32_t bits = decoded(text);
        all_text |= text;
        all_bits |= bits;
        dst[0] = (uint8_t)(bits >> 16);
        dst[1] = (uint8_t)(bits >> 8);
        dst[2] = (uint8_t)bits;
    }
    if ((int32_t)all_bits < 0 || (all_text & 0x80808080) != 0) {
        return -1;
    }
    if (left > 0) {
        if ((src[0] | src[1] | src[2]) > 127) {
            return -1;
        }
        int a = values[src[0]];
        int b = values[src[1]];
        int c = left > 1 ? values[src[2]] : 0;
        if ((a | b | c) < 0) {
            return -1;
        }
        *dst++ = (uint8_t)(a << 2 | b >> 4);
        if (left > 1) {
            *dst = (uint8_t)(b << 4 | c >> 2);
        }
    }
    return n;
}
