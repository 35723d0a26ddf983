#include "keywords.h"

#include <string.h>

#include "atfmt.h"

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool same_text(const uint8_t *a, const uint8_t *b, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

// Compares a table's name with another as memcmp() does, a shorter one first.
static int compare_name(const uint8_t *table, const uint8_t *name, size_t len) {
    size_t own = table[0];
    int order = memcmp(table + 1, name, own < len ? own : len);
    return order != 0 ? order : (int)own - (int)len;
}

bool keywords_open(const uint8_t *tables, size_t len, const uint8_t *name, size_t name_len,
                   keywords_t *table) {
    size_t first = 0;
    size_t last = len < 2 ? 0 : tables[0] | tables[1] << 8;
    if (len < 2 + 2 * last) {
        return false;
    }
    while (first < last) {
        size_t middle = (first + last) / 2;
        size_t at = tables[2 * middle + 2] | tables[2 * middle + 3] << 8;
        if (at + 4 > len || at + 4 + tables[at] > len) {
            return false;
        }
        int order = compare_name(tables + at, name, name_len);
        if (order == 0) {
            const uint8_t *body = tables + at + 1 + tables[at];
            const uint8_t *end = body + 3 + (body[0] | body[1] << 8);
            *table = (keywords_t){body + 3, end, body[2]};
            return end <= tables + len;
        }
        if (order < 0) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    return false;
}

bool keywords_next(keywords_t *table, keyword_t *keyword) {
    if (table->at >= table->end) {
        return false;
    }
    size_t len = table->at[0] & 0x3f;
    if ((size_t)(table->end - table->at) < 1 + len + table->width) {
        return false;
    }
    keyword->kind = table->at[0] >> 6;
    keyword->text = table->at + 1;
    keyword->len = len;
    keyword->value = 0;
    const uint8_t *value = keyword->text + len;
    for (unsigned i = table->width; i > 0; i--) {
        keyword->value = keyword->value << 8 | value[i - 1];
    }
    table->at = value + table->width;
    return true;
}

bool keywords_find(keywords_t table, const uint8_t *text, size_t len, uint32_t *value) {
    keyword_t keyword;
    while (keywords_next(&table, &keyword)) {
        if (keyword.len == len && same_text(keyword.text, text, len)) {
            *value = keyword.value;
            return true;
        }
    }
    return false;
}

static bool is_printed(const keyword_t *keyword, bool ti) {
    return keyword->kind == KEYWORD_BOTH || keyword->kind == (ti ? KEYWORD_TI : KEYWORD_GUIDE);
}

bool keywords_name(keywords_t table, uint32_t value, bool ti, keyword_t *keyword) {
    while (keywords_next(&table, keyword)) {
        if (keyword->value == value && is_printed(keyword, ti)) {
            return true;
        }
    }
    return false;
}

bool keywords_tell(keywords_t table, uint32_t value, bool ti, keyword_t *keyword) {
    return keywords_name(table, value, ti, keyword) || keywords_name(table, value, !ti, keyword);
}

int keywords_mask(keywords_t table, const uint8_t *text, size_t len, uint32_t *bits) {
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    *bits = 0;
    size_t start = 0;
    for (size_t at = 0; at <= len; at++) {
        if (at < len && text[at] != '|') {
            continue;
        }
        uint32_t value;
        if (at == start) {
            return KEYWORDS_EMPTY;
        }
        if (!keywords_find(table, text + start, at - start, &value)) {
            return KEYWORDS_UNKNOWN;
        }
        *bits |= value;
        start = at + 1;
    }
    return 0;
}

void keywords_copy(uint8_t *out, const keyword_t *keyword, bool ti) {
    for (size_t i = 0; i < keyword->len; i++) {
        out[i] = ti ? lower(keyword->text[i]) : keyword->text[i];
    }
}

size_t keywords_put_mask(keywords_t table, uint32_t bits, bool ti, uint8_t *out, size_t room) {
    size_t at = 0;
    keyword_t keyword;
    while (bits != 0 && keywords_next(&table, &keyword)) {
        uint32_t value = keyword.value;
        bool single = (value & (value - 1)) == 0;
        if (value == 0 || !is_printed(&keyword, ti) || !(value == bits || (single && (bits & value)))) {
            continue;
        }
        if (at + (at != 0) + keyword.len <= room) {
            out[at] = '|';
            keywords_copy(out + at + (at != 0), &keyword, ti);
        }
        at += (at != 0) + keyword.len;
        bits &= ~value;
    }
    if (bits != 0) {
        uint8_t number[ATFMT_HEX_SIZE];
        size_t len = atfmt_hex(number, bits);
        if (at + (at != 0) + len <= room) {
            out[at] = '|';
            memcpy(out + at + (at != 0), number, len);
        }
        at += (at != 0) + len;
    }
    return at;
}
