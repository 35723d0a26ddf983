// What the C library has fast, and here small: for images that live in RAM (SCARCE=1).
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t strlen(const char *s) {
    const char *end = s;
    while (*end != '\0') {
        end++;
    }
    return end - s;
}

int strncmp(const char *a, const char *b, size_t len) {
    for (; len > 0; len--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c) {
    for (; *s != (char)c; s++) {
        if (*s == '\0') {
            return NULL;
        }
    }
    return (char *)s;
}

// Of digits alone, which is what objint_longlong.c has found there, up to the largest number; no errno, which
// takes 1 KB of data.
long long strtoll(const char *s, char **end, int base) {
    long long value = 0;
    for (;; s++) {
        unsigned digit = *s - '0';
        if (digit > 9) {
            digit = (*s | 0x20) - 'a' + 10;
        }
        if (digit >= (unsigned)base) {
            break;
        }
        if (value > (LLONG_MAX - (int)digit) / base) {
            value = LLONG_MAX; // and stays there
            continue;
        }
        value = value * base + digit;
    }
    *end = (char *)s;
    return value;
}
