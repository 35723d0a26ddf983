#include "attok.h"

#include <string.h>

#include "athead.h"
#include "atparam.h"

// Lower-cases buf[start:end] and closes the blanks around its first `+`. Returns the new end.
static size_t normalise_name(uint8_t *buf, size_t start, size_t end) {
    size_t to = start;
    bool plus = false;
    for (size_t at = start; at < end; at++) {
        uint8_t c = buf[at];
        if (c == '+' && !plus) {
            plus = true;
            to = trim_blanks(TEXT_LINEAR(buf), start, to);
            at = skip_blanks(TEXT_LINEAR(buf), at + 1, end) - 1;
        }
        buf[to++] = lower(c);
    }
    memset(buf + to, ' ', end - to); // a line may be split again
    return to;
}

int attok_split(uint8_t *buf, size_t start, size_t end, uint16_t *fields, size_t room, bool escapes) {
    text_t text = TEXT_LINEAR(buf);
    size_t equals = fields[0] = athead_begin(buf, SIZE_MAX, start, end);
    while (equals < end && buf[equals] != '=') {
        equals++;
    }
    fields[1] = normalise_name(buf, fields[0], trim_blanks(text, fields[0], equals));
    if (equals + 1 >= end) {
        return 0;
    }
    size_t at = skip_blanks(text, equals + 1, end);
    if (at < end && buf[at] == '?' && skip_blanks(text, at + 1, end) == end) {
        return ATTOK_HELP;
    }
    int count = 0;
    size_t used = ATTOK_NAME_FIELDS;
    for (;;) {
        param_t param;
        if (!pass_param(text, at, end, escapes, &param)) {
            return ATTOK_E_UNTERMINATED;
        }
        if (used + ATTOK_PARAM_FIELDS > room) {
            return ATTOK_E_MANY;
        }
        fields[used++] = param.start;
        fields[used++] = param.end;
        fields[used++] = param.flags;
        count++;
        if (param.stop >= end) {
            return count;
        }
        at = param.stop + 1;
    }
}

attok_line_t attok_line(const uint8_t *buf, size_t start, size_t end, size_t scanned, size_t longest) {
    while (start < end && (buf[start] == '\r' || buf[start] == '\n')) {
        start++;
    }
    size_t from = scanned > start && scanned <= end ? scanned : start;
    size_t to = end - start > longest ? start + longest + 1 : end;
    int32_t eol = attok_find_eol(buf, from, to);
    return (attok_line_t){start, eol < 0 ? end : (size_t)eol};
}

int32_t attok_skip(const uint8_t *buf, size_t start, size_t end, unsigned count, bool escapes) {
    size_t at = start;
    for (; count > 0; count--) {
        param_t param;
        if (!pass_param(TEXT_LINEAR(buf), at, end, escapes, &param) || param.stop >= end) {
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
    return pass_number(TEXT_LINEAR(buf), start, end, magnitude, negative);
}

int32_t attok_find_eol(const uint8_t *buf, size_t start, size_t end) {
    for (; start < end; start++) {
        if (buf[start] == '\r' || buf[start] == '\n') {
            return start;
        }
    }
    return -1;
}
