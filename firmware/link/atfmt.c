#include <string.h>

#include "atfmt.h"

static const char hex_digits[] = "0123456789abcdef";

size_t atfmt_dec(uint8_t *out, uint64_t magnitude, bool negative) {
    uint8_t digits[20];
    size_t n = 0;
    // Most numbers have 32 bits; dividing more takes a hundred times as long.
    while (magnitude > UINT32_MAX) {
        digits[n++] = '0' + magnitude % 10;
        magnitude /= 10;
    }
    uint32_t low = magnitude;
    do {
        digits[n++] = '0' + low % 10;
        low /= 10;
    } while (low > 0);
    uint8_t *p = out;
    if (negative) {
        *p++ = '-';
    }
    while (n > 0) {
        *p++ = digits[--n];
    }
    return p - out;
}

size_t atfmt_hex(uint8_t *out, uint64_t value) {
    uint8_t *p = out;
    *p++ = '0';
    *p++ = 'x';
    int shift = 0;
    while (shift < 60 && value >> shift > 15) {
        shift += 4;
    }
    for (; shift >= 0; shift -= 4) {
        *p++ = hex_digits[value >> shift & 15];
    }
    return p - out;
}

size_t atfmt_ip4(uint8_t *out, const uint8_t *src, bool msb_first) {
    size_t n = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0) {
            out[n++] = '.';
        }
        n += atfmt_dec(out + n, src[msb_first ? i : 3 - i], false);
    }
    return n;
}

size_t atfmt_ip6(uint8_t *out, const uint8_t *src, bool msb_first) {
    size_t n = 0;
    for (unsigned i = 0; i < 4; i++, src += 4) {
        if (i > 0) {
            out[n++] = ':';
        }
        uint32_t word = msb_first ? (uint32_t)src[0] << 24 | src[1] << 16 | src[2] << 8 | src[3]
                                  : (uint32_t)src[3] << 24 | src[2] << 16 | src[1] << 8 | src[0];
        n += atfmt_hex(out + n, word);
    }
    return n;
}

size_t atfmt_mac(uint8_t *out, const uint8_t *src) {
    size_t n = 0;
    for (unsigned i = 0; i < 6; i++) {
        if (i > 0) {
            out[n++] = ':';
        }
        n += atfmt_hex(out + n, src[i]);
    }
    return n;
}

static bool is_control(uint8_t c) {
    return c < 0x20 || c == 0x7f;
}

size_t atfmt_str_size(const uint8_t *src, size_t len) {
    if (len == 0) {
        return 0;
    }
    bool quote = src[0] == ' ' || src[len - 1] == ' ';
    size_t size = len + 2;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = src[i];
        if (c == '"' || c == '\\') {
            size++;
            quote |= c == '"';
        } else if (is_control(c)) {
            size += 3;
            quote = true;
        } else if (c == ',' || c == ';') {
            quote = true;
        }
    }
    return quote ? size : len;
}

size_t atfmt_str(uint8_t *out, const uint8_t *src, size_t len) {
    size_t size = atfmt_str_size(src, len);
    if (size == len) { // bare
        if (len > 0) {
            memcpy(out, src, len);
        }
        return len;
    }
    uint8_t *p = out;
    *p++ = '"';
    for (size_t i = 0; i < len; i++) {
        uint8_t c = src[i];
        if (is_control(c)) {
            *p++ = '\\';
            *p++ = 'x';
            *p++ = hex_digits[c >> 4];
            *p++ = hex_digits[c & 15];
            continue;
        }
        if (c == '"' || c == '\\') {
            *p++ = '\\';
        }
        *p++ = c;
    }
    *p++ = '"';
    return p - out;
}
