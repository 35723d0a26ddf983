#include "attok.h"

#include <string.h>

static size_t skip_blanks(const uint8_t *buf, size_t at, size_t end) {
    while (at < end && buf[at] == ' ') {
        at++;
    }
    return at;
}

static size_t trim_blanks(const uint8_t *buf, size_t start, size_t end) {
    while (end > start && buf[end - 1] == ' ') {
        end--;
    }
    return end;
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One parameter: its text, its flags, and the comma (or the end of the line) behind it.
typedef struct _param_t {
    size_t start;
    size_t end;
    size_t stop;
    uint8_t flags;
} param_t;

// `at` is behind the opening quote. A quote closes if blanks and then a comma or the end follow.
static bool pass_quoted(const uint8_t *buf, size_t at, size_t end, bool escapes, param_t *param) {
    param->start = at;
    param->flags = ATTOK_QUOTED;
    for (; at < end; at++) {
        uint8_t c = buf[at];
        if (c == '\\' && escapes) {
            param->flags |= ATTOK_BACKSLASH;
            if (at + 1 < end && (buf[at + 1] == '"' || buf[at + 1] == '\\')) {
                at++;
            }
        } else if (c == '"') {
            size_t stop = skip_blanks(buf, at + 1, end);
            if (stop == end || buf[stop] == ',') {
                param->end = at;
                param->stop = stop;
                param->flags |= at == param->start ? ATTOK_EMPTY : 0;
                return true;
            }
            param->flags |= ATTOK_BAD_QUOTE;
        }
    }
    return false;
}

// Where an array of numbers ends that begins at `at`, or `at` if no such array begins there.
static size_t pass_array(const uint8_t *buf, size_t at, size_t end) {
    size_t start = at;
    if (at < end && buf[at] == '[') {
        do {
            at++;
        } while (at < end &&
                 (buf[at] == ',' || buf[at] == ' ' || (buf[at] | 0x20) == 'x' || hex_digit(buf[at]) >= 0));
        return at < end && buf[at] == ']' ? at : start;
    }
    return start;
}

// False if a quote is not closed. Commas are protected in an array of numbers at the beginning.
static bool pass_param(const uint8_t *buf, size_t at, size_t end, bool escapes, param_t *param) {
    at = skip_blanks(buf, at, end);
    if (at < end && buf[at] == '"') {
        return pass_quoted(buf, at + 1, end, escapes, param);
    }
    param->start = at;
    param->flags = 0;
    at = pass_array(buf, at, end);
    while (at < end && buf[at] != ',') {
        at++;
    }
    param->end = trim_blanks(buf, param->start, at);
    param->stop = at;
    if (!escapes && memchr(buf + param->start, '\t', param->end - param->start) != NULL) {
        param->flags = ATTOK_TABBED;
    }
    return true;
}

// Lower-cases buf[start:end] and closes the blanks around its first `+`. Returns the new end.
static size_t normalise_name(uint8_t *buf, size_t start, size_t end) {
    size_t to = start;
    bool plus = false;
    for (size_t at = start; at < end; at++) {
        uint8_t c = buf[at];
        if (c == '+' && !plus) {
            plus = true;
            to = trim_blanks(buf, start, to);
            at = skip_blanks(buf, at + 1, end) - 1;
        } else if (c >= 'A' && c <= 'Z') {
            c += 'a' - 'A';
        }
        buf[to++] = c;
    }
    memset(buf + to, ' ', end - to); // a line may be split again
    return to;
}

int attok_split(uint8_t *buf, size_t len, uint16_t *fields, size_t room, bool escapes) {
    size_t equals = 0;
    while (equals < len && buf[equals] != '=') {
        equals++;
    }
    fields[0] = skip_blanks(buf, 0, equals);
    fields[1] = normalise_name(buf, fields[0], trim_blanks(buf, fields[0], equals));
    size_t at = skip_blanks(buf, equals + 1, len);
    if (equals + 1 >= len) {
        return 0;
    }
    if (at < len && buf[at] == '?') {
        return ATTOK_HELP;
    }
    int count = 0;
    size_t used = ATTOK_NAME_FIELDS;
    for (;;) {
        param_t param;
        if (!pass_param(buf, at, len, escapes, &param)) {
            return ATTOK_E_UNTERMINATED;
        }
        if (used + ATTOK_PARAM_FIELDS > room) {
            return ATTOK_E_MANY;
        }
        fields[used++] = param.start;
        fields[used++] = param.end;
        fields[used++] = param.flags;
        count++;
        if (param.stop >= len) {
            return count;
        }
        at = param.stop + 1;
    }
}

int32_t attok_skip(const uint8_t *buf, size_t start, size_t end, unsigned count, bool escapes) {
    size_t at = start;
    for (; count > 0; count--) {
        param_t param;
        if (!pass_param(buf, at, end, escapes, &param) || param.stop >= end) {
            return -1;
        }
        at = param.stop + 1;
    }
    return at;
}

size_t attok_unquote(uint8_t *buf, size_t start, size_t end) {
    size_t to = start;
    for (size_t at = start; at < end; at++) {
        uint8_t c = buf[at];
        if (c == '\\' && at + 1 < end) {
            uint8_t next = buf[at + 1];
            if (next == '"' || next == '\\') {
                c = next;
                at++;
            } else if (next == 'x' && at + 3 < end && hex_digit(buf[at + 2]) >= 0 &&
                       hex_digit(buf[at + 3]) >= 0) {
                c = hex_digit(buf[at + 2]) << 4 | hex_digit(buf[at + 3]);
                at += 3;
            }
        }
        buf[to++] = c;
    }
    return to;
}

bool attok_number(const uint8_t *buf, size_t start, size_t end, uint64_t *magnitude, bool *negative) {
    *negative = start < end && buf[start] == '-';
    start += *negative;
    unsigned base = 10;
    uint64_t limit = UINT64_MAX / 10;
    if (start + 2 < end && buf[start] == '0' && (buf[start + 1] | 0x20) == 'x') {
        base = 16;
        limit = UINT64_MAX / 16;
        start += 2;
    }
    if (start >= end) {
        return false;
    }
    uint64_t value = 0;
    for (; start < end; start++) {
        unsigned digit = hex_digit(buf[start]);
        if (digit >= base || value > limit || value * base > UINT64_MAX - digit) {
            return false;
        }
        value = value * base + digit;
    }
    *magnitude = value;
    return true;
}

int32_t attok_find_eol(const uint8_t *buf, size_t start, size_t end) {
    for (; start < end; start++) {
        if (buf[start] == '\r' || buf[start] == '\n') {
            return start;
        }
    }
    return -1;
}
