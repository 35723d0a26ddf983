// Module atbytes: value lines by their specs, for both reply styles; atcore/reply.py says what a spec is.
#include "atbytes.h"
#include "link/atfmt.h"

#define END_SIZE     (2)  // CR LF
#define MAX_NAME     (32) // bytes of a name that follows its length
#define KEYWORD_SIZE (64)

// Where values come from: a tuple, or bytes as they were on the wire.
typedef struct _source_t {
    const mp_obj_t *items; // NULL: bytes
    size_t n;
    const uint8_t *data;
    size_t len;
    mp_obj_t one; // what `items` points to if there is one value without a tuple
} source_t;

// A line on its way. What does not fit into the buffer goes in pieces: bytes objects in a list.
typedef struct _writer_t {
    uint8_t *buf;
    size_t at;
    size_t size;
    mp_obj_t pieces; // MP_OBJ_NULL: none yet
    mp_obj_t tables;
    bool ti;
    bool none; // this style has no such line
} writer_t;

static void read_source(source_t *src, mp_obj_t obj) {
    src->items = NULL;
    if (mp_obj_is_type(obj, &mp_type_tuple) || mp_obj_is_type(obj, &mp_type_list)) {
        mp_obj_t *items;
        mp_obj_get_array(obj, &src->n, &items);
        src->items = items;
    } else if (mp_obj_is_int(obj) || obj == mp_const_none) {
        src->one = obj;
        src->items = &src->one;
        src->n = 1;
    } else {
        mp_buffer_info_t info = get_buffer(obj, MP_BUFFER_READ);
        src->data = info.buf;
        src->len = info.len;
    }
}

static mp_obj_t get_item(const source_t *src, size_t at) {
    if (at >= src->n) {
        raise_range();
    }
    return src->items[at];
}

// `len` bytes of a value: those of a tuple's item, or at an offset. NULL: the value does not exist.
static const uint8_t *get_bytes(const source_t *src, size_t at, size_t len) {
    if (src->items == NULL) {
        if (len > src->len || at > src->len - len) {
            raise_range();
        }
        return src->data + at;
    }
    mp_obj_t item = get_item(src, at);
    if (item == mp_const_none) {
        return NULL;
    }
    mp_buffer_info_t info = get_buffer(item, MP_BUFFER_READ);
    if (info.len < len) {
        raise_range();
    }
    return info.buf;
}

// False: the value does not exist.
static bool get_number(const source_t *src, size_t at, unsigned size, bool is_signed, int64_t *value) {
    if (src->items != NULL) {
        mp_obj_t item = get_item(src, at);
        if (item == mp_const_none) {
            return false;
        }
        bool negative;
        *value = get_u64(item, &negative);
        return true;
    }
    const uint8_t *bytes = get_bytes(src, at, size);
    uint32_t word = 0;
    for (unsigned i = size; i > 0; i--) {
        word = word << 8 | bytes[i - 1];
    }
    unsigned unused = 32 - 8 * size;
    *value = is_signed ? (int32_t)(word << unused) >> unused : (int64_t)word;
    return true;
}

// Pieces

static void add_piece(writer_t *w, mp_obj_t piece) {
    if (w->pieces == MP_OBJ_NULL) {
        w->pieces = mp_obj_new_list(0, NULL);
    }
    mp_obj_list_append(w->pieces, piece);
}

// Room for `len` bytes: in the buffer, or as a piece of their own.
static uint8_t *make_room(writer_t *w, size_t len) {
    if (w->at + len + 1 + END_SIZE > w->size) {
        bool alone = 1 + len + 1 + END_SIZE > w->size;
        // The last separator stays, unless what follows lies elsewhere: it may have to be another.
        size_t cut = alone || w->at == 0 ? w->at : w->at - 1;
        if (cut > 0) {
            add_piece(w, mp_obj_new_bytes(w->buf, cut));
            w->at -= cut;
            w->buf[0] = w->buf[cut];
        }
        if (alone) {
            mp_obj_str_t *piece = mp_obj_malloc(mp_obj_str_t, &mp_type_bytes);
            uint8_t *data = m_new(uint8_t, len + 1);
            data[len] = 0;
            piece->data = data;
            piece->len = len;
            piece->hash = 0; // not known yet
            add_piece(w, MP_OBJ_FROM_PTR(piece));
            return data;
        }
    }
    uint8_t *out = w->buf + w->at;
    w->at += len;
    return out;
}

// Fields: each is followed by a comma

static void end_field(writer_t *w) {
    make_room(w, 0);
    w->buf[w->at++] = ',';
}

static void put_text(writer_t *w, const void *text, size_t len) {
    memcpy(make_room(w, len), text, len);
    end_field(w);
}

static void put_number(writer_t *w, int64_t value) {
    uint8_t text[ATFMT_DEC_SIZE];
    if (w->ti && value > INT32_MAX) {
        value -= (int64_t)1 << 32;
    }
    put_text(w, text, atfmt_dec(text, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0));
}

static void put_hex(writer_t *w, uint64_t value) {
    uint8_t text[ATFMT_HEX_SIZE];
    put_text(w, text, atfmt_hex(text, value));
}

static void put_string(writer_t *w, const uint8_t *src, size_t len) {
    if (w->ti) {
        put_text(w, src, len);
        return;
    }
    atfmt_str(make_room(w, atfmt_str_size(src, len)), src, len);
    end_field(w);
}

static keywords_t get_table(const writer_t *w, mp_obj_t name) {
    return get_keywords(w->tables, name);
}

static void put_keyword(writer_t *w, mp_obj_t table, int64_t value, bool lower) {
    keyword_t keyword;
    if (!keywords_name(get_table(w, table), value, lower, &keyword)) {
        put_number(w, value);
        return;
    }
    uint8_t text[KEYWORD_SIZE];
    keywords_copy(text, &keyword, lower);
    put_text(w, text, keyword.len);
}

static void put_mask(writer_t *w, mp_obj_t name, uint32_t bits) {
    keywords_t table = get_table(w, name);
    size_t len = keywords_put_mask(table, bits, w->ti, NULL, 0);
    keywords_put_mask(table, bits, w->ti, make_room(w, len), len);
    end_field(w);
}

static void put_bits(writer_t *w, uint32_t bits) {
    uint8_t text[3 * 32];
    size_t len = 0;
    for (unsigned i = 0; i < 32; i++) {
        if (bits >> i & 1) {
            len += atfmt_dec(text + len, i, false);
            text[len++] = '|';
        }
    }
    put_text(w, text, len > 0 ? len - 1 : 0);
}

static void put_array(writer_t *w, const uint8_t *bytes, size_t n, uint8_t mark) {
    for (size_t i = 0; i < n; i++) {
        put_hex(w, bytes[i]);
        w->buf[w->at - 1] = i + 1 < n ? mark : ',';
    }
}

// An address of 4 or 16 bytes in network order, the item `at` of a tuple.
static void put_address(writer_t *w, const source_t *src, size_t at) {
    mp_buffer_info_t info = get_buffer(get_item(src, at), MP_BUFFER_READ);
    uint8_t text[ATFMT_IP6_SIZE];
    if (info.len != 4 && info.len != 16) {
        raise_range();
    }
    put_text(w, text, info.len == 16 ? atfmt_ip6(text, info.buf, true) : atfmt_ip4(text, info.buf, true));
}

// Bytes of a string: a tuple's item whole, in bytes up to a NUL, `max`, or the end.
static void put_string_at(writer_t *w, const source_t *src, size_t at, size_t max, bool plain) {
    const uint8_t *text = get_bytes(src, at, 0);
    size_t len = 0;
    if (text != NULL && src->items != NULL) {
        len = get_buffer(src->items[at], MP_BUFFER_READ).len;
    } else if (text != NULL) {
        while (len < max && at + len < src->len && text[len] != 0) {
            len++;
        }
    }
    if (plain) {
        put_text(w, text, len);
    } else {
        put_string(w, text, len);
    }
}

// A name behind its length, which is at `at`.
static void put_name(writer_t *w, const source_t *src, size_t at, size_t name) {
    size_t len = *get_bytes(src, at, 1);
    len = len < MAX_NAME ? len : MAX_NAME;
    put_string(w, get_bytes(src, name, len), len);
}

static size_t get_size(size_t n, const mp_obj_t *field, size_t i) {
    if (i >= n) {
        raise_range();
    }
    return mp_obj_get_int(field[i]);
}

static mp_obj_t get_name(size_t n, const mp_obj_t *field, size_t i) {
    if (i >= n) {
        raise_range();
    }
    return field[i];
}

// What kinds of number there are, and how many bytes each has on the wire.
static unsigned number_size(qstr kind) {
    switch (kind) {
        case MP_QSTR_u8:
        case MP_QSTR_i8:
        case MP_QSTR_key:
        case MP_QSTR_lower:
            return 1;
        case MP_QSTR_u16:
        case MP_QSTR_i16:
        case MP_QSTR_key16:
            return 2;
        case MP_QSTR_u32:
        case MP_QSTR_i32:
        case MP_QSTR_key32:
        case MP_QSTR_hex:
        case MP_QSTR_mask:
        case MP_QSTR_bits:
            return 4;
        default:
            return 0;
    }
}

static void put_number_kind(writer_t *w, qstr kind, int64_t value, size_t n, const mp_obj_t *field) {
    switch (kind) {
        case MP_QSTR_key:
        case MP_QSTR_key16:
        case MP_QSTR_key32:
            put_keyword(w, get_name(n, field, 2), value, w->ti);
            break;
        case MP_QSTR_lower:
            put_keyword(w, get_name(n, field, 2), value, true);
            break;
        case MP_QSTR_hex:
            if (value < 0) {
                raise_range();
            }
            put_hex(w, value);
            break;
        case MP_QSTR_mask:
            put_mask(w, get_name(n, field, 2), value);
            break;
        case MP_QSTR_bits:
            put_bits(w, value);
            break;
        default:
            put_number(w, value);
    }
}

// A value of bytes, or one that is neither; `at` is its place.
static void put_bytes_kind(writer_t *w, const source_t *src, qstr kind, size_t at, size_t n,
                           const mp_obj_t *field) {
    uint8_t text[ATFMT_IP6_SIZE];
    switch (kind) {
        case MP_QSTR_str:
            put_string_at(w, src, at, n > 2 ? get_size(n, field, 2) : SIZE_MAX, false);
            break;
        case MP_QSTR_raw:
            put_string_at(w, src, at, SIZE_MAX, true);
            break;
        case MP_QSTR_text:
            put_name(w, src, at, get_size(n, field, 2));
            break;
        case MP_QSTR_mac:
            put_text(w, text, atfmt_mac(text, get_bytes(src, at, 6)));
            break;
        case MP_QSTR_ip4:
        case MP_QSTR_version:
            put_text(w, text, atfmt_ip4(text, get_bytes(src, at, 4), kind == MP_QSTR_version));
            break;
        case MP_QSTR_ip6:
            put_text(w, text, atfmt_ip6(text, get_bytes(src, at, 16), false));
            break;
        case MP_QSTR_addr:
            put_address(w, src, at);
            break;
        case MP_QSTR_array: {
            size_t count = get_size(n, field, 2);
            put_array(w, get_bytes(src, at, count), count, get_size(n, field, 3));
            break;
        }
        default:
            raise_range();
    }
}

static void put_fields(writer_t *w, const source_t *src, size_t n, const mp_obj_t *fields);

// The members of a list, bytes of `size` each or the items of a tuple, with `;` between them.
static void put_list(writer_t *w, const source_t *src, size_t size, size_t n, const mp_obj_t *fields) {
    size_t count = src->items != NULL ? src->n : size > 0 ? src->len / size : 0;
    for (size_t i = 0; i < count; i++) {
        source_t member = {.data = src->data + i * size, .len = size};
        if (src->items != NULL) {
            read_source(&member, src->items[i]);
        }
        put_fields(w, &member, n, fields);
        w->buf[w->at - 1] = i + 1 < count ? ';' : ',';
    }
    if (count == 0) {
        end_field(w);
    }
}

static bool is_missing(const source_t *src, size_t at) {
    return src->items != NULL && get_item(src, at) == mp_const_none;
}

// What is no value; false if `kind` is one.
static bool put_other(writer_t *w, const source_t *src, qstr kind, size_t n, const mp_obj_t *field) {
    switch (kind) {
        case MP_QSTR_guide:
        case MP_QSTR_ti:
            if (w->ti == (kind == MP_QSTR_ti)) {
                put_fields(w, src, n - 1, field + 1);
            }
            return true;
        case MP_QSTR_none:
            end_field(w);
            return true;
        case MP_QSTR_always:
            put_keyword(w, get_name(n, field, 2), get_size(n, field, 1), w->ti);
            return true;
        case MP_QSTR_end: // the mark takes the place of the comma
            make_room(w, 1);
            w->buf[w->at - 2] = get_size(n, field, 1);
            w->buf[w->at - 1] = ',';
            return true;
        case MP_QSTR_list:
            put_list(w, src, get_size(n, field, 1), n - 2, field + 2);
            return true;
        case MP_QSTR_of: {
            source_t part;
            read_source(&part, get_item(src, get_size(n, field, 1)));
            put_fields(w, &part, n - 2, field + 2);
            return true;
        }
        default:
            return false;
    }
}

static void put_packed(writer_t *w, const source_t *src, mp_buffer_info_t fields, mp_obj_t names);

static void put_field(writer_t *w, const source_t *src, qstr kind, size_t n, const mp_obj_t *field) {
    unsigned size = number_size(kind);
    if (size == 0 && put_other(w, src, kind, n, field)) {
        return;
    }
    if (kind == MP_QSTR_packed) {
        put_packed(w, src, get_buffer(get_name(n, field, 1), MP_BUFFER_READ), field[n - 1]);
        return;
    }
    size_t at = get_size(n, field, 1);
    if (kind == MP_QSTR_given || kind == MP_QSTR_must) {
        const mp_obj_t *last = &field[n - 1];
        w->none |= kind == MP_QSTR_must && w->ti && get_buffer(get_item(src, at), MP_BUFFER_READ).len == 0;
        if (kind == MP_QSTR_must || !w->ti || !is_missing(src, at)) {
            put_fields(w, src, 1, last);
        }
    } else if (is_missing(src, at)) {
        end_field(w);
    } else if (size > 0) {
        int64_t value = 0;
        get_number(src, at, size, kind == MP_QSTR_i8 || kind == MP_QSTR_i16 || kind == MP_QSTR_i32, &value);
        put_number_kind(w, kind, value, n, field);
    } else {
        put_bytes_kind(w, src, kind, at, n, field);
    }
}

static void put_fields(writer_t *w, const source_t *src, size_t n, const mp_obj_t *fields) {
    for (size_t i = 0; i < n; i++) {
        size_t width;
        mp_obj_t *field;
        mp_obj_get_array(fields[i], &width, &field);
        put_field(w, src, mp_obj_str_get_qstr(get_name(width, field, 0)), width, field);
    }
}

// Fields as bytes (tools/cc32at/gen/specs.py): a letter for the kind, then as many bytes as it has arguments.

typedef struct _letter_t {
    char letter;
    uint8_t args;
    uint16_t kind;
    bool named; // the second argument is the number of a keyword table
} letter_t;

static const letter_t letters[] = {
    {'B', 1, MP_QSTR_u8, false},    {'b', 1, MP_QSTR_i8, false},      {'H', 1, MP_QSTR_u16, false},
    {'h', 1, MP_QSTR_i16, false},   {'I', 1, MP_QSTR_u32, false},     {'i', 1, MP_QSTR_i32, false},
    {'x', 1, MP_QSTR_hex, false},   {'4', 1, MP_QSTR_ip4, false},     {'6', 1, MP_QSTR_ip6, false},
    {'m', 1, MP_QSTR_mac, false},   {'v', 1, MP_QSTR_version, false}, {'n', 0, MP_QSTR_none, false},
    {'s', 2, MP_QSTR_str, false},   {'T', 2, MP_QSTR_text, false},    {'k', 2, MP_QSTR_key, true},
    {'K', 2, MP_QSTR_key16, true},  {'W', 2, MP_QSTR_key32, true},    {'M', 2, MP_QSTR_mask, true},
    {'A', 2, MP_QSTR_always, true},
};

static const letter_t *get_letter(uint8_t letter) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(letters); i++) {
        if (letters[i].letter == letter) {
            return &letters[i];
        }
    }
    raise_range();
}

static void put_packed(writer_t *w, const source_t *src, mp_buffer_info_t fields, mp_obj_t names) {
    const uint8_t *in = fields.buf;
    const uint8_t *end = in + fields.len;
    while (in < end) {
        uint8_t letter = *in++;
        if (letter == 't' || letter == 'g') { // so many bytes are of one style alone
            if (in == end || *in > end - in - 1) {
                raise_range();
            }
            mp_buffer_info_t part = {.buf = (void *)(in + 1), .len = *in};
            if (w->ti == (letter == 't')) {
                put_packed(w, src, part, names);
            }
            in += 1 + part.len;
            continue;
        }
        const letter_t *found = get_letter(letter);
        if (found->args > end - in) {
            raise_range();
        }
        mp_obj_t field[3] = {MP_OBJ_NULL};
        for (unsigned i = 0; i < found->args; i++) {
            field[i + 1] = MP_OBJ_NEW_SMALL_INT(in[i]);
        }
        if (found->named) {
            field[2] = mp_obj_subscr(names, field[2], MP_OBJ_SENTINEL);
        }
        put_field(w, src, found->kind, 1 + found->args, field);
        in += found->args;
    }
}

// (buf, at, field, src, ti, tables, pieces): one field of a line under way; the end of what is in buf. What
// does not fit there is appended to the list pieces.
static mp_obj_t atbytes_put_field(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t buf = get_buffer(args[0], MP_BUFFER_WRITE);
    writer_t w = {.buf = buf.buf, .at = mp_obj_get_int(args[1]), .size = buf.len};
    if (w.at > w.size) {
        raise_range();
    }
    w.ti = mp_obj_is_true(args[4]);
    w.tables = args[5];
    w.pieces = args[6];
    source_t src;
    read_source(&src, args[3]);
    put_fields(&w, &src, 1, &args[2]);
    return MP_OBJ_NEW_SMALL_INT(w.at);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_field_obj, 7, 7, atbytes_put_field);

// (buf, name, spec, src, ti, tables): the value line of a spec: bytes; a list of them if it is longer than
// buf; None if this style has no such line.
static mp_obj_t atbytes_value_line(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t buf = get_buffer(args[0], MP_BUFFER_WRITE);
    writer_t w = {.buf = buf.buf, .size = buf.len, .pieces = MP_OBJ_NULL, .tables = args[5]};
    w.ti = mp_obj_is_true(args[4]);
    w.at = atbytes_put_begin(w.buf, w.size, args[1], w.ti);
    size_t blank = w.at;
    source_t src;
    read_source(&src, args[3]);
    size_t n;
    mp_obj_t *fields;
    mp_obj_get_array(args[2], &n, &fields);
    put_fields(&w, &src, n, fields);
    if (w.none) {
        return mp_const_none;
    }
    bool whole = w.pieces == MP_OBJ_NULL; // only then may the line end behind its blank
    w.at = atbytes_put_end(w.buf, w.size, w.at, whole ? blank : 0, w.ti || !whole);
    mp_obj_t last = mp_obj_new_bytes(w.buf, w.at);
    if (w.pieces == MP_OBJ_NULL) {
        return last;
    }
    mp_obj_list_append(w.pieces, last);
    return w.pieces;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_value_line_obj, 6, 6, atbytes_value_line);
