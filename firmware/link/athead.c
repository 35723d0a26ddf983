#include "athead.h"

#include <stddef.h>
#include <string.h>

#include "atparam.h"

#define MAX_NAME (32)

#define TELNET_SE   (0xf0)
#define TELNET_SB   (0xfa)
#define TELNET_WILL (0xfb)
#define TELNET_DONT (0xfe)
#define TELNET_IAC  (0xff)

// From its beginning on the end of a subnegotiation is looked for so far: what is longer is none.
#define TELNET_MAX_SB (256)

// `at` is an IAC: behind what it begins.
static size_t pass_telnet(text_t text, size_t at, size_t end) {
    if (end - at < 2) {
        return end;
    }
    uint8_t command = text_at(text, at + 1);
    if (command >= TELNET_WILL && command <= TELNET_DONT) {
        if (end - at < 3) {
            return end;
        }
        // Two bytes of noise before a command, rather than an option with a letter's number.
        bool command_begins =
            end - at >= 4 && (text_at(text, at + 2) | 0x20) == 'a' && (text_at(text, at + 3) | 0x20) == 't';
        return command_begins ? at + 2 : at + 3;
    }
    if (command != TELNET_SB) {
        return command < TELNET_SE ? at + 1 : at + 2;
    }
    for (size_t to = at + 2; end - to >= 2 && to - at < TELNET_MAX_SB; to++) {
        if (text_at(text, to) == TELNET_IAC && text_at(text, to + 1) == TELNET_SE) {
            return to + 2;
        }
    }
    return at + 2; // it is none, or has not come whole yet
}

static size_t begin(text_t text, size_t at, size_t end) {
    while (at != end) {
        uint8_t c = text_at(text, at);
        if (c == TELNET_IAC) {
            at = pass_telnet(text, at, end);
        } else if (c <= ' ' || c > '~') {
            at++;
        } else if (c == '+' && end - at >= 3 && text_at(text, at + 1) == '+' &&
                   text_at(text, at + 2) == '+') {
            at += 3;
        } else {
            return at;
        }
    }
    return at;
}

size_t athead_begin(const uint8_t *buf, size_t mask, size_t start, size_t end) {
    return begin((text_t){buf, mask}, start, end);
}

// The name as a row has it: see attok_split(). Returns its length, or 0 if it is longer than any.
static size_t read_name(text_t text, size_t start, size_t end, uint8_t *name) {
    size_t len = 0;
    bool plus = false;
    end = trim_blanks(text, start, end);
    for (size_t at = start; at != end; at++) {
        uint8_t c = text_at(text, at);
        if (c == '+' && !plus) {
            plus = true;
            while (len > 0 && name[len - 1] == ' ') {
                len--;
            }
            at = skip_blanks(text, at + 1, end) - 1;
        }
        if (len == MAX_NAME) {
            return 0;
        }
        name[len++] = lower(c);
    }
    return len;
}

// --- Rows ---

typedef struct _form_t {
    uint8_t data;
    uint8_t length;
    uint8_t format;
    uint8_t further;
    uint8_t selectors;
} form_t;

static bool is_index(uint8_t value, bool may_lack) {
    return value <= ATHEAD_MAX_INDEX || (may_lack && value == ATHEAD_ABSENT);
}

static bool is_form(const form_t *form) {
    return is_index(form->data, false) && is_index(form->length, false) && is_index(form->format, true) &&
           is_index(form->further, true) && form->length < form->data &&
           (form->format == ATHEAD_ABSENT || form->format < form->data) &&
           (form->further == ATHEAD_ABSENT || form->further < form->data);
}

bool athead_rows_ok(const uint8_t *rows, size_t rows_len) {
    size_t at = 0;
    while (at < rows_len) {
        at += 1 + rows[at];
        if (at >= rows_len) {
            return false;
        }
        for (unsigned forms = rows[at++]; forms > 0; forms--) {
            form_t form;
            if (rows_len - at < sizeof(form)) {
                return false;
            }
            memcpy(&form, rows + at, sizeof(form));
            at += sizeof(form);
            if (!is_form(&form)) {
                return false;
            }
            for (unsigned n = form.selectors; n > 0; n--) {
                if (rows_len - at < 2 || rows[at] >= form.data || rows_len - at - 2 < rows[at + 1]) {
                    return false;
                }
                at += 2 + rows[at + 1];
            }
        }
    }
    return true;
}

// Behind the selectors that begin at `at`.
static const uint8_t *pass_selectors(const uint8_t *at, unsigned n) {
    for (; n > 0; n--) {
        at += 2 + at[1];
    }
    return at;
}

// Behind the forms that begin at `at`.
static const uint8_t *pass_forms(const uint8_t *at) {
    for (unsigned forms = *at++; forms > 0; forms--) {
        at = pass_selectors(at + sizeof(form_t), at[offsetof(form_t, selectors)]);
    }
    return at;
}

// Where the forms of a command are, or NULL.
static const uint8_t *find_row(const uint8_t *rows, size_t rows_len, const uint8_t *name, size_t len) {
    const uint8_t *end = rows + rows_len;
    for (const uint8_t *at = rows; at < end;) {
        size_t row_len = *at++;
        if (row_len == len && memcmp(at, name, len) == 0) {
            return at + len;
        }
        at = pass_forms(at + row_len);
    }
    return NULL;
}

// --- Parameters, looked at once and from the first on ---

typedef struct _params_t {
    text_t text;
    size_t at;
    size_t end;
    bool escapes;
    unsigned count; // of those known
    size_t starts[ATHEAD_MAX_INDEX + 1];
    size_t ends[ATHEAD_MAX_INDEX + 1]; // start - 1: it is quoted
} params_t;

// Whether the parameters before number `count` are there, with the comma behind the last.
static bool know(params_t *p, unsigned count) {
    while (p->count < count) {
        param_t param;
        if (!pass_param(p->text, p->at, p->end, p->escapes, &param) || param.open || param.stop == p->end) {
            return false;
        }
        p->starts[p->count] = param.start;
        p->ends[p->count] = param.flags & ATTOK_QUOTED ? param.start - 1 : param.end;
        p->count++;
        p->at = param.stop + 1;
    }
    return true;
}

static athead_result_t lacking(const params_t *p, unsigned count, athead_t *found) {
    found->need = count - p->count;
    return ATHEAD_INCOMPLETE;
}

static bool is_keyword(const params_t *p, unsigned index, const uint8_t *keyword, size_t len) {
    size_t start = p->starts[index];
    if (p->ends[index] - start != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (lower(text_at(p->text, start + i)) != keyword[i]) {
            return false;
        }
    }
    return true;
}

// Whether a form holds: ATHEAD_PAYLOAD, ATHEAD_NONE, or ATHEAD_INCOMPLETE.
static athead_result_t select_form(params_t *p, const uint8_t *at, unsigned n, athead_t *found) {
    for (; n > 0; n--, at += 2 + at[1]) {
        if (!know(p, at[0] + 1)) {
            return lacking(p, at[0] + 1, found);
        }
        if (!is_keyword(p, at[0], at + 2, at[1])) {
            return ATHEAD_NONE;
        }
    }
    return ATHEAD_PAYLOAD;
}

// A number that is not negative; tabs around it count as blanks without `escapes` (at-commands.md, 2.6).
static bool read_length(const params_t *p, unsigned index, uint64_t *value) {
    size_t start = p->starts[index];
    size_t end = p->ends[index];
    if (end + 1 == start) {
        return false;
    }
    while (!p->escapes && end != start &&
           (text_at(p->text, end - 1) == '\t' || text_at(p->text, end - 1) == ' ')) {
        end--;
    }
    while (!p->escapes && end != start &&
           (text_at(p->text, start) == '\t' || text_at(p->text, start) == ' ')) {
        start++;
    }
    bool negative;
    return pass_number(p->text, start, end, value, &negative) && !(negative && *value != 0);
}

// 0 or 1, or there is none in this form.
static bool read_format(const params_t *p, unsigned index, uint64_t *value) {
    if (index == ATHEAD_ABSENT) {
        return true;
    }
    size_t start = p->starts[index];
    if (p->ends[index] - start == 1) { // as it is usually written
        *value = (uint8_t)(text_at(p->text, start) - '0');
    } else if (!read_length(p, index, value)) {
        return false;
    }
    return *value <= 1;
}

static athead_result_t read_form(const params_t *p, const form_t *form, size_t data, athead_t *found) {
    uint64_t need;
    uint64_t further = 0;
    uint64_t format = 0;
    found->data = data;
    // With another format a comma is missing or too many, and what stands for the length is something else.
    if (!read_length(p, form->length, &need) ||
        (form->further != ATHEAD_ABSENT && !read_length(p, form->further, &further)) ||
        !read_format(p, form->format, &format)) {
        return ATHEAD_NO_NUMBER;
    }
    need = need < ATHEAD_MAX_NEED ? need : ATHEAD_MAX_NEED;
    further = further < ATHEAD_MAX_NEED ? further : ATHEAD_MAX_NEED;
    need += further;
    found->need = need < ATHEAD_MAX_NEED ? (uint32_t)need : ATHEAD_MAX_NEED;
    found->padded = !p->escapes && format == 1;
    return ATHEAD_PAYLOAD;
}

athead_result_t athead_find(const uint8_t *buf, size_t mask, size_t start, size_t end, const uint8_t *rows,
                            size_t rows_len, bool escapes, athead_t *found) {
    text_t text = {buf, mask};
    start = begin(text, start, end);
    size_t equals = start;
    while (equals != end && text_at(text, equals) != '=') {
        equals++;
    }
    found->need = 1;
    if (equals == end) {
        return ATHEAD_INCOMPLETE;
    }
    uint8_t name[MAX_NAME];
    const uint8_t *at = find_row(rows, rows_len, name, read_name(text, start, equals, name));
    if (at == NULL) {
        return ATHEAD_NONE;
    }
    params_t params = {.text = text, .at = equals + 1, .end = end, .escapes = escapes, .count = 0};
    for (unsigned forms = *at++; forms > 0; forms--) {
        form_t form;
        memcpy(&form, at, sizeof(form));
        at += sizeof(form);
        athead_result_t selected = select_form(&params, at, form.selectors, found);
        if (selected == ATHEAD_INCOMPLETE) {
            return selected;
        }
        if (selected == ATHEAD_PAYLOAD) {
            return know(&params, form.data) ? read_form(&params, &form, params.at, found)
                                            : lacking(&params, form.data, found);
        }
        at = pass_selectors(at, form.selectors);
    }
    return ATHEAD_NONE;
}
