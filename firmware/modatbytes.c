// Module atbytes: the AT core's work on bytes (link/attok.h, base64.h, atfmt.h). Positions are offsets into
// the buffers given; writers return the position behind what they wrote.
#include <string.h>

#include "py/objarray.h"
#include "py/objint.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "link/atfmt.h"
#include "link/attok.h"
#include "link/base64.h"
#include "link/keywords.h"

static mp_buffer_info_t get_buffer(mp_obj_t obj, mp_uint_t flags) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(obj, &info, flags);
    return info;
}

static NORETURN void raise_range(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("range"));
}

// A part buf[start:end] of a buffer.
typedef struct _span_t {
    uint8_t *buf;
    size_t start;
    size_t end;
} span_t;

static span_t get_span(mp_obj_t obj, mp_uint_t flags, mp_obj_t start, mp_obj_t end) {
    mp_buffer_info_t info = get_buffer(obj, flags);
    mp_int_t from = mp_obj_get_int(start);
    mp_int_t to = mp_obj_get_int(end);
    if (from < 0 || to < from || (size_t)to > info.len) {
        raise_range();
    }
    return (span_t){info.buf, from, to};
}

// Reading

// (buf, n, fields[, escapes])
static mp_obj_t atbytes_tokenize(size_t n_args, const mp_obj_t *args) {
    span_t line = get_span(args[0], MP_BUFFER_RW, MP_OBJ_NEW_SMALL_INT(0), args[1]);
    mp_buffer_info_t fields = get_buffer(args[2], MP_BUFFER_RW);
    if (line.end > ATTOK_MAX_LINE || fields.typecode != 'H' || fields.len < 2 * sizeof(uint16_t)) {
        raise_range();
    }
    bool escapes = n_args < 4 || mp_obj_is_true(args[3]);
    return MP_OBJ_NEW_SMALL_INT(
        attok_split(line.buf, line.end, fields.buf, fields.len / sizeof(uint16_t), escapes));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_tokenize_obj, 3, 4, atbytes_tokenize);

// (buf, start, end, commas[, escapes])
static mp_obj_t atbytes_skip(size_t n_args, const mp_obj_t *args) {
    span_t part = get_span(args[0], MP_BUFFER_READ, args[1], args[2]);
    bool escapes = n_args < 5 || mp_obj_is_true(args[4]);
    return MP_OBJ_NEW_SMALL_INT(attok_skip(part.buf, part.start, part.end, mp_obj_get_int(args[3]), escapes));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_skip_obj, 4, 5, atbytes_skip);

static mp_obj_t atbytes_unquote(mp_obj_t buf, mp_obj_t start, mp_obj_t end) {
    span_t part = get_span(buf, MP_BUFFER_RW, start, end);
    return MP_OBJ_NEW_SMALL_INT(attok_unquote(part.buf, part.start, part.end));
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_unquote_obj, atbytes_unquote);

static mp_obj_t atbytes_number(mp_obj_t buf, mp_obj_t start, mp_obj_t end) {
    span_t part = get_span(buf, MP_BUFFER_READ, start, end);
    uint64_t magnitude;
    bool negative;
    if (!attok_number(part.buf, part.start, part.end, &magnitude, &negative)) {
        return mp_const_none;
    }
    if (magnitude <= INT32_MAX) {
        return mp_obj_new_int(negative ? -(mp_int_t)magnitude : (mp_int_t)magnitude);
    }
    mp_obj_t value = mp_obj_new_int_from_ull(magnitude);
    return negative ? mp_unary_op(MP_UNARY_OP_NEGATIVE, value) : value;
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_number_obj, atbytes_number);

// A copy of buf[start:end].
static mp_obj_t atbytes_cut(mp_obj_t buf, mp_obj_t start, mp_obj_t end) {
    span_t part = get_span(buf, MP_BUFFER_READ, start, end);
    return mp_obj_new_bytes(part.buf + part.start, part.end - part.start);
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_cut_obj, atbytes_cut);

// (dict, line, fields): dict[name of the tokenized line] or None. All keys are bytes. As dict.get(), but
// where names collide their hashes are compared, not the names.
static mp_obj_t atbytes_get(mp_obj_t dict, mp_obj_t line, mp_obj_t fields_in) {
    mp_buffer_info_t fields = get_buffer(fields_in, MP_BUFFER_READ);
    if (fields.typecode != 'H' || fields.len < ATTOK_NAME_FIELDS * sizeof(uint16_t)) {
        raise_range();
    }
    const uint16_t *field = fields.buf;
    span_t name =
        get_span(line, MP_BUFFER_READ, MP_OBJ_NEW_SMALL_INT(field[0]), MP_OBJ_NEW_SMALL_INT(field[1]));
    const uint8_t *data = name.buf + name.start;
    size_t len = name.end - name.start;
    size_t hash = qstr_compute_hash(data, len);
    const mp_map_t *map = mp_obj_dict_get_map(dict);
    for (size_t i = 0; i < map->alloc; i++) {
        const mp_map_elem_t *elem = &map->table[(hash + i) % map->alloc];
        if (elem->key == MP_OBJ_NULL) {
            break;
        }
        const mp_obj_str_t *key = MP_OBJ_TO_PTR(elem->key);
        if (elem->key != MP_OBJ_SENTINEL && key->hash == hash && key->len == len &&
            memcmp(key->data, data, len) == 0) {
            return elem->value;
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_get_obj, atbytes_get);

static mp_obj_t atbytes_find_eol(mp_obj_t buf, mp_obj_t start, mp_obj_t end) {
    span_t part = get_span(buf, MP_BUFFER_READ, start, end);
    return MP_OBJ_NEW_SMALL_INT(attok_find_eol(part.buf, part.start, part.end));
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_find_eol_obj, atbytes_find_eol);

// (buf, start, end, scanned): the first line in buf[start:end], as its start << 13 | its end; line
// ends before it are skipped, and up to `scanned` it is known to have none. The end is 0x1fff if
// it has none at all; -1 if there is nothing but line ends.
#define NO_END (0x1fff)

static mp_obj_t atbytes_line_at(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    span_t part = get_span(args[0], MP_BUFFER_READ, args[1], args[2]);
    size_t start = part.start;
    while (start < part.end && (part.buf[start] == '\r' || part.buf[start] == '\n')) {
        start++;
    }
    if (start == part.end) {
        return MP_OBJ_NEW_SMALL_INT(-1);
    }
    if (part.end > NO_END) {
        raise_range();
    }
    size_t scanned = mp_obj_get_int(args[3]);
    int32_t end = NO_END;
    if (scanned <= part.end) {
        end = attok_find_eol(part.buf, scanned > start ? scanned : start, part.end);
    }
    return MP_OBJ_NEW_SMALL_INT(start << 13 | (end < 0 ? NO_END : end));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_line_at_obj, 4, 4, atbytes_line_at);

// Base64

// (src, start, end, dst): bytes decoded to the beginning of dst, or -1.
static mp_obj_t atbytes_b64_decode(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    span_t text = get_span(args[0], MP_BUFFER_READ, args[1], args[2]);
    mp_buffer_info_t dst = get_buffer(args[3], MP_BUFFER_WRITE);
    const uint8_t *src = text.buf + text.start;
    size_t len = text.end - text.start;
    ptrdiff_t n = base64_decoded(src, len);
    if (n > (ptrdiff_t)dst.len) {
        raise_range();
    }
    return MP_OBJ_NEW_SMALL_INT(base64_decode(src, len, dst.buf));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_b64_decode_obj, 4, 4, atbytes_b64_decode);

// Where a writer may write: dst[at:].
typedef struct _place_t {
    uint8_t *out;
    size_t at;
    size_t room;
} place_t;

static place_t get_place(mp_obj_t dst, mp_obj_t at_in) {
    mp_buffer_info_t info = get_buffer(dst, MP_BUFFER_WRITE);
    mp_int_t at = mp_obj_get_int(at_in);
    if (at < 0 || (size_t)at > info.len) {
        raise_range();
    }
    return (place_t){(uint8_t *)info.buf + at, at, info.len - at};
}

static mp_obj_t place_put(const place_t *place, const void *src, size_t len) {
    if (len > place->room) {
        raise_range();
    }
    memmove(place->out, src, len);
    return MP_OBJ_NEW_SMALL_INT(place->at + len);
}

// (src, n, dst, at)
static mp_obj_t atbytes_b64_encode(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    span_t src = get_span(args[0], MP_BUFFER_READ, MP_OBJ_NEW_SMALL_INT(0), args[1]);
    place_t place = get_place(args[2], args[3]);
    if (BASE64_ENCODED(src.end) > place.room) {
        raise_range();
    }
    return MP_OBJ_NEW_SMALL_INT(place.at + base64_encode(src.buf, src.end, place.out));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_b64_encode_obj, 4, 4, atbytes_b64_encode);

// Writing

// The low 64 bits of an int, as two's complement.
static uint64_t get_u64(mp_obj_t value, bool *negative) {
    if (mp_obj_is_small_int(value)) {
        mp_int_t small = MP_OBJ_SMALL_INT_VALUE(value);
        *negative = small < 0;
        return (int64_t)small;
    }
    if (!mp_obj_is_exact_type(value, &mp_type_int)) {
        return get_u64(MP_OBJ_NEW_SMALL_INT(mp_obj_get_int(value)), negative);
    }
    uint8_t bytes[8];
    mp_obj_int_to_bytes_impl(value, false, sizeof(bytes), bytes);
    uint64_t bits;
    memcpy(&bits, bytes, sizeof(bits));
    *negative = mp_obj_int_sign(value) < 0;
    return bits;
}

static mp_obj_t atbytes_put(mp_obj_t dst, mp_obj_t at, mp_obj_t src) {
    place_t place = get_place(dst, at);
    mp_buffer_info_t info = get_buffer(src, MP_BUFFER_READ);
    return place_put(&place, info.buf, info.len);
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_put_obj, atbytes_put);

static size_t put_number(uint8_t *out, mp_obj_t value) {
    bool negative;
    uint64_t bits = get_u64(value, &negative);
    return atfmt_dec(out, negative ? -bits : bits, negative);
}

static mp_obj_t atbytes_put_dec(mp_obj_t dst, mp_obj_t at, mp_obj_t value) {
    place_t place = get_place(dst, at);
    uint8_t text[ATFMT_DEC_SIZE];
    return place_put(&place, text, put_number(text, value));
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_put_dec_obj, atbytes_put_dec);

static mp_obj_t atbytes_put_hex(mp_obj_t dst, mp_obj_t at, mp_obj_t value) {
    place_t place = get_place(dst, at);
    uint8_t text[ATFMT_HEX_SIZE];
    bool negative;
    uint64_t bits = get_u64(value, &negative);
    if (negative) {
        raise_range();
    }
    return place_put(&place, text, atfmt_hex(text, bits));
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_put_hex_obj, atbytes_put_hex);

static const uint8_t *get_source(mp_obj_t src, mp_obj_t offset, size_t len) {
    mp_buffer_info_t info = get_buffer(src, MP_BUFFER_READ);
    mp_int_t at = mp_obj_get_int(offset);
    if (at < 0 || info.len < len || (size_t)at > info.len - len) {
        raise_range();
    }
    return (const uint8_t *)info.buf + at;
}

// (dst, at, src, offset[, msb_first])
static mp_obj_t atbytes_put_ip4(size_t n_args, const mp_obj_t *args) {
    place_t place = get_place(args[0], args[1]);
    const uint8_t *src = get_source(args[2], args[3], 4);
    uint8_t text[ATFMT_IP4_SIZE];
    return place_put(&place, text, atfmt_ip4(text, src, n_args > 4 && mp_obj_is_true(args[4])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_ip4_obj, 4, 5, atbytes_put_ip4);

// (dst, at, src, offset[, msb_first])
static mp_obj_t atbytes_put_ip6(size_t n_args, const mp_obj_t *args) {
    place_t place = get_place(args[0], args[1]);
    const uint8_t *src = get_source(args[2], args[3], 16);
    uint8_t text[ATFMT_IP6_SIZE];
    return place_put(&place, text, atfmt_ip6(text, src, n_args > 4 && mp_obj_is_true(args[4])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_ip6_obj, 4, 5, atbytes_put_ip6);

// (dst, at, src, offset)
static mp_obj_t atbytes_put_mac(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    place_t place = get_place(args[0], args[1]);
    uint8_t text[ATFMT_MAC_SIZE];
    return place_put(&place, text, atfmt_mac(text, get_source(args[2], args[3], 6)));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_mac_obj, 4, 4, atbytes_put_mac);

// (dst, at, src, offset, n)
static mp_obj_t atbytes_put_str(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    place_t place = get_place(args[0], args[1]);
    mp_int_t len = mp_obj_get_int(args[4]);
    if (len < 0) {
        raise_range();
    }
    const uint8_t *src = get_source(args[2], args[3], len);
    if (atfmt_str_size(src, len) > place.room) {
        raise_range();
    }
    return MP_OBJ_NEW_SMALL_INT(place.at + atfmt_str(place.out, src, len));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_str_obj, 5, 5, atbytes_put_str);

// Keyword tables: (tables, name of one, ...)

static keywords_t get_table(const mp_obj_t *args) {
    mp_buffer_info_t tables = get_buffer(args[0], MP_BUFFER_READ);
    mp_buffer_info_t name = get_buffer(args[1], MP_BUFFER_READ);
    keywords_t table;
    if (!keywords_open(tables.buf, tables.len, name.buf, name.len, &table)) {
        mp_raise_type_arg(&mp_type_KeyError, args[1]);
    }
    return table;
}

// (tables, name, buf, start, end): its value, or None.
static mp_obj_t atbytes_kw_find(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    keywords_t table = get_table(args);
    span_t text = get_span(args[2], MP_BUFFER_READ, args[3], args[4]);
    uint32_t value;
    if (!keywords_find(table, text.buf + text.start, text.end - text.start, &value)) {
        return mp_const_none;
    }
    return mp_obj_new_int_from_uint(value);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_find_obj, 5, 5, atbytes_kw_find);

// (tables, name, buf, start, end): the bits, or a negative code.
static mp_obj_t atbytes_kw_mask(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    keywords_t table = get_table(args);
    span_t text = get_span(args[2], MP_BUFFER_READ, args[3], args[4]);
    uint32_t bits;
    int error = keywords_mask(table, text.buf + text.start, text.end - text.start, &bits);
    return error == 0 ? mp_obj_new_int_from_uint(bits) : MP_OBJ_NEW_SMALL_INT(error);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_mask_obj, 5, 5, atbytes_kw_mask);

static uint32_t get_u32(mp_obj_t value) {
    bool negative;
    return get_u64(value, &negative);
}

// (tables, name, dst, at, value, ti): the new end, or -1 if the value has no keyword.
static mp_obj_t atbytes_kw_put(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    keywords_t table = get_table(args);
    place_t place = get_place(args[2], args[3]);
    bool ti = mp_obj_is_true(args[5]);
    keyword_t keyword;
    if (!keywords_name(table, get_u32(args[4]), ti, &keyword)) {
        return MP_OBJ_NEW_SMALL_INT(-1);
    }
    if (keyword.len > place.room) {
        raise_range();
    }
    keywords_copy(place.out, &keyword, ti);
    return MP_OBJ_NEW_SMALL_INT(place.at + keyword.len);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_put_obj, 6, 6, atbytes_kw_put);

// (tables, name, dst, at, bits, ti): the new end.
static mp_obj_t atbytes_kw_put_mask(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    keywords_t table = get_table(args);
    place_t place = get_place(args[2], args[3]);
    size_t len = keywords_put_mask(table, get_u32(args[4]), mp_obj_is_true(args[5]), place.out, place.room);
    if (len > place.room) {
        raise_range();
    }
    return MP_OBJ_NEW_SMALL_INT(place.at + len);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_put_mask_obj, 6, 6, atbytes_kw_put_mask);

// Arguments

// What is needed to convert the parameters of a line.
typedef struct _params_t {
    mp_obj_t tables;
    const uint8_t *line;
    size_t len;
    mp_obj_list_t *values;
} params_t;

static mp_obj_t convert_number(const params_t *p, const uint16_t *field, int64_t low, int64_t high) {
    uint64_t magnitude;
    bool negative;
    if (field[2] & ATTOK_QUOTED || !attok_number(p->line, field[0], field[1], &magnitude, &negative) ||
        magnitude > UINT32_MAX) {
        return MP_OBJ_NULL;
    }
    int64_t value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (value < low || value > high) {
        return MP_OBJ_NULL;
    }
    return value < 0 ? mp_obj_new_int(value) : mp_obj_new_int_from_uint(value);
}

static mp_obj_t convert_keyword(const params_t *p, const uint16_t *field, mp_obj_t name) {
    const mp_obj_t table_args[] = {p->tables, name};
    uint32_t value;
    if (field[2] & ATTOK_QUOTED ||
        !keywords_find(get_table(table_args), p->line + field[0], field[1] - field[0], &value)) {
        return MP_OBJ_NULL;
    }
    return mp_obj_new_int_from_uint(value);
}

// The keyword table for the value before: `pairs` of (value, table).
static mp_obj_t convert_option(const params_t *p, const uint16_t *field, mp_obj_t pairs_in) {
    if (p->values->len == 0) {
        return MP_OBJ_NULL;
    }
    mp_obj_t group = p->values->items[p->values->len - 1];
    size_t n;
    mp_obj_t *pairs;
    mp_obj_get_array(pairs_in, &n, &pairs);
    for (size_t i = 0; i < n; i++) {
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(pairs[i], 2, &pair);
        if (pair[0] == group) {
            return convert_keyword(p, field, pair[1]);
        }
    }
    return MP_OBJ_NULL;
}

// One parameter by its declaration, or MP_OBJ_NULL: of another kind, or wrong.
static mp_obj_t convert(const params_t *p, const uint16_t *field, size_t n, const mp_obj_t *declared) {
    if (field[0] == field[1] || field[1] > p->len || n < 3 || !mp_obj_is_qstr(declared[1])) {
        return MP_OBJ_NULL;
    }
    switch (MP_OBJ_QSTR_VALUE(declared[1])) {
        case MP_QSTR_u8:
            return convert_number(p, field, 0, UINT8_MAX);
        case MP_QSTR_u16:
            return convert_number(p, field, 0, UINT16_MAX);
        case MP_QSTR_u32:
            return convert_number(p, field, 0, UINT32_MAX);
        case MP_QSTR_length:
            return convert_number(p, field, 1, INT16_MAX);
        case MP_QSTR_range:
            if (n == 5 && mp_obj_is_small_int(declared[3]) && mp_obj_is_small_int(declared[4])) {
                return convert_number(p, field, MP_OBJ_SMALL_INT_VALUE(declared[3]),
                                      MP_OBJ_SMALL_INT_VALUE(declared[4]));
            }
            return MP_OBJ_NULL;
        case MP_QSTR_key:
            return n == 4 ? convert_keyword(p, field, declared[3]) : MP_OBJ_NULL;
        case MP_QSTR_sub:
            return n == 4 ? convert_option(p, field, declared[3]) : MP_OBJ_NULL;
        default:
            return MP_OBJ_NULL;
    }
}

// (tables, line, fields, count, declarations, index, values): appends the parameters from `index`
// on to values as long as they are numbers and keywords as declared; how many. The declarations
// are those of atcore/grammar.py, which does the rest, errors among it.
static mp_obj_t atbytes_parse(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t line = get_buffer(args[1], MP_BUFFER_READ);
    mp_buffer_info_t fields = get_buffer(args[2], MP_BUFFER_READ);
    mp_int_t count = mp_obj_get_int(args[3]);
    mp_int_t index = mp_obj_get_int(args[5]);
    if (fields.typecode != 'H' || !mp_obj_is_type(args[6], &mp_type_list) || index < 0 ||
        count > (mp_int_t)((fields.len / sizeof(uint16_t) - ATTOK_NAME_FIELDS) / ATTOK_PARAM_FIELDS)) {
        raise_range();
    }
    params_t params = {args[0], line.buf, line.len, MP_OBJ_TO_PTR(args[6])};
    size_t n;
    mp_obj_t *declarations;
    mp_obj_get_array(args[4], &n, &declarations);
    size_t done = 0;
    for (; done < n && index < count; done++, index++) {
        size_t width;
        mp_obj_t *declared;
        mp_obj_get_array(declarations[done], &width, &declared);
        const uint16_t *field = fields.buf;
        field += ATTOK_NAME_FIELDS + index * ATTOK_PARAM_FIELDS;
        mp_obj_t value = convert(&params, field, width, declared);
        if (value == MP_OBJ_NULL) {
            break;
        }
        mp_obj_list_append(args[6], value);
    }
    return MP_OBJ_NEW_SMALL_INT(done);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_parse_obj, 7, 7, atbytes_parse);

// Values as they are on the wire

static uint32_t get_le(const uint8_t *src, unsigned size) {
    uint32_t value = 0;
    while (size-- > 0) {
        value = value << 8 | src[size];
    }
    return value;
}

// Writes a value of one kind; returns the length. `out` has room for the longest, an IPv6 address.
static size_t put_value(uint8_t *out, uint8_t kind, const uint8_t *src, bool ti) {
    uint32_t word;
    switch (kind) {
        case 'B':
            return atfmt_dec(out, src[0], false);
        case 'H':
            return atfmt_dec(out, get_le(src, 2), false);
        case 'h':
            word = get_le(src, 2);
            return word & 0x8000 ? atfmt_dec(out, 0x10000 - word, true) : atfmt_dec(out, word, false);
        case 'I':
            word = get_le(src, 4);
            return ti && word >> 31 ? atfmt_dec(out, UINT32_MAX - word + 1, true)
                                    : atfmt_dec(out, word, false);
        case 'x':
            return atfmt_hex(out, get_le(src, 4));
        case '4':
            return atfmt_ip4(out, src, false);
        case 'v':
            return atfmt_ip4(out, src, true);
        case '6':
            return atfmt_ip6(out, src, false);
        case 'm':
            return atfmt_mac(out, src);
        default:
            raise_range();
    }
}

static size_t value_size(uint8_t kind) {
    switch (kind) {
        case 'B':
            return 1;
        case 'H':
        case 'h':
            return 2;
        case '6':
            return 16;
        case 'm':
            return 6;
        default:
            return 4;
    }
}

// (dst, at, src, spec, ti): values of src, each followed by a comma. spec: for each value a kind
// (B H I x: numbers, h signed, 4 v IPv4 as a word or as bytes, 6 IPv6, m MAC) and its offset.
static mp_obj_t atbytes_put_wire(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    place_t place = get_place(args[0], args[1]);
    mp_buffer_info_t src = get_buffer(args[2], MP_BUFFER_READ);
    mp_buffer_info_t spec = get_buffer(args[3], MP_BUFFER_READ);
    bool ti = mp_obj_is_true(args[4]);
    const uint8_t *item = spec.buf;
    size_t at = 0;
    for (size_t i = 0; i + 1 < spec.len; i += 2) {
        if (item[i + 1] + value_size(item[i]) > src.len) {
            raise_range();
        }
        uint8_t text[ATFMT_IP6_SIZE + 1];
        size_t len = put_value(text, item[i], (const uint8_t *)src.buf + item[i + 1], ti);
        text[len++] = ',';
        if (len > place.room - at) {
            raise_range();
        }
        memcpy(place.out + at, text, len);
        at += len;
    }
    return MP_OBJ_NEW_SMALL_INT(place.at + at);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_wire_obj, 5, 5, atbytes_put_wire);

// (buf, at, blank, ti): the message that ends before `at`: without the comma of its last field,
// and in style guide without the blank before `blank` if nothing else follows; with CR LF.
static mp_obj_t atbytes_message(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t buf = get_buffer(args[0], MP_BUFFER_WRITE);
    size_t at = mp_obj_get_int(args[1]);
    size_t blank = mp_obj_get_int(args[2]);
    if (blank < 1 || at < blank || at + 2 > buf.len) {
        raise_range();
    }
    at -= at > blank;
    at -= at == blank && !mp_obj_is_true(args[3]);
    uint8_t *end = (uint8_t *)buf.buf + at;
    end[0] = '\r';
    end[1] = '\n';
    return mp_obj_new_bytes(buf.buf, at + 2);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_message_obj, 4, 4, atbytes_message);

// How a message begins: `+name: `, in style ti `+name:`. Returns the length.
static size_t put_name(uint8_t *out, size_t room, mp_obj_t name_in, mp_obj_t ti_in) {
    mp_buffer_info_t name = get_buffer(name_in, MP_BUFFER_READ);
    bool ti = mp_obj_is_true(ti_in);
    if (room < name.len + 3) {
        raise_range();
    }
    uint8_t *start = out;
    const uint8_t *src = name.buf;
    *out++ = '+';
    for (size_t i = 0; i < name.len; i++) {
        *out++ = ti && src[i] >= 'A' && src[i] <= 'Z' ? src[i] | 0x20 : src[i];
    }
    *out++ = ':';
    if (!ti) {
        *out++ = ' ';
    }
    return out - start;
}

// (dst, name, ti): the position behind it.
static mp_obj_t atbytes_begin(mp_obj_t dst, mp_obj_t name, mp_obj_t ti) {
    mp_buffer_info_t buf = get_buffer(dst, MP_BUFFER_WRITE);
    return MP_OBJ_NEW_SMALL_INT(put_name(buf.buf, buf.len, name, ti));
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_begin_obj, atbytes_begin);

// A frame is a buffer for a payload as it comes in, with room for what stands before and behind it in a
// message, so that it need not be copied on its way out: FRAME_HEAD bytes, room for n bytes in Base64 if that
// is asked for, the n bytes, CR LF. Seen from outside it is a memoryview of the n bytes.
#define FRAME_HEAD (64)
#define FRAME_END  (2)

// (n, base64[, memory]): in memory that is lent and large enough, or in some of its own.
static mp_obj_t atbytes_frame(size_t n_args, const mp_obj_t *args) {
    mp_int_t n = mp_obj_get_int(args[0]);
    if (n < 0) {
        raise_range();
    }
    size_t room = mp_obj_is_true(args[1]) ? BASE64_ENCODED(n) : n;
    size_t size = FRAME_HEAD + room + FRAME_END;
    uint8_t *buf = NULL;
    if (n_args > 2) {
        mp_buffer_info_t lent = get_buffer(args[2], MP_BUFFER_WRITE);
        buf = lent.len < size ? NULL : lent.buf;
    }
    if (buf == NULL) {
        buf = m_new(uint8_t, size);
    }
    mp_obj_array_t *view = MP_OBJ_TO_PTR(mp_obj_new_memoryview('B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, n, buf));
    view->free = FRAME_HEAD + room - n; // the view's offset
    return MP_OBJ_FROM_PTR(view);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_frame_obj, 2, 3, atbytes_frame);

// What stands before a payload: `+name: ` (or `+name:`), the values, format and length, with a comma behind
// each. Returns its length. A value is a number, or text as it is.
static size_t put_head(uint8_t *out, const mp_obj_t *args, size_t len) {
    size_t at = put_name(out, FRAME_HEAD, args[3], args[4]);
    size_t n;
    mp_obj_t *values;
    mp_obj_get_array(args[5], &n, &values);
    for (size_t i = 0; i < n; i++) {
        if (mp_obj_is_int(values[i])) {
            if (FRAME_HEAD - at < ATFMT_DEC_SIZE + 1) {
                raise_range();
            }
            at += put_number(out + at, values[i]);
        } else {
            mp_buffer_info_t text = get_buffer(values[i], MP_BUFFER_READ);
            if (text.len >= FRAME_HEAD - at) {
                raise_range();
            }
            memcpy(out + at, text.buf, text.len);
            at += text.len;
        }
        out[at++] = ',';
    }
    if (FRAME_HEAD - at < ATFMT_DEC_SIZE + 3) {
        raise_range();
    }
    out[at++] = mp_obj_is_true(args[2]) ? '1' : '0';
    out[at++] = ',';
    at += atfmt_dec(out + at, len, false);
    out[at++] = ',';
    return at;
}

// (frame, size, format, name, ti, values): the message with `size` bytes of the frame, raw (format 0) or in
// Base64 (1), as a memoryview of the frame's memory.
static mp_obj_t atbytes_payload(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_obj_array_t *frame = MP_OBJ_TO_PTR(args[0]);
    mp_int_t size = mp_obj_get_int(args[1]);
    if (!mp_obj_is_type(args[0], &mp_type_memoryview) || size < 0 || (size_t)size > frame->len ||
        frame->free < FRAME_HEAD) {
        raise_range();
    }
    uint8_t *buf = frame->items;
    uint8_t *data = buf + frame->free;
    size_t len = size;
    if (mp_obj_is_true(args[2])) {
        len = base64_encode(data, size, buf + FRAME_HEAD);
        data = buf + FRAME_HEAD;
    }
    uint8_t head[FRAME_HEAD];
    size_t head_len = put_head(head, args, len);
    uint8_t *start = data - head_len;
    memcpy(start, head, head_len);
    data[len] = '\r';
    data[len + 1] = '\n';
    mp_obj_t message = mp_obj_new_memoryview('B', head_len + len + FRAME_END, buf);
    ((mp_obj_array_t *)MP_OBJ_TO_PTR(message))->free = start - buf;
    return message;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_payload_obj, 6, 6, atbytes_payload);

// Calling

#define CALL_MAX (24) // parameters of a command

// (function, first, rest): function(first, *rest) without the detour that the language takes.
static mp_obj_t atbytes_call(mp_obj_t function, mp_obj_t first, mp_obj_t rest) {
    size_t n;
    mp_obj_t *items;
    mp_obj_get_array(rest, &n, &items);
    mp_obj_t args[CALL_MAX + 1] = {first};
    if (n > CALL_MAX) {
        raise_range();
    }
    for (size_t i = 0; i < n; i++) {
        args[i + 1] = items[i];
    }
    return mp_call_function_n_kw(function, n + 1, 0, args);
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_call_obj, atbytes_call);

static const mp_rom_map_elem_t atbytes_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_atbytes)},
    {MP_ROM_QSTR(MP_QSTR_tokenize), MP_ROM_PTR(&atbytes_tokenize_obj)},
    {MP_ROM_QSTR(MP_QSTR_skip), MP_ROM_PTR(&atbytes_skip_obj)},
    {MP_ROM_QSTR(MP_QSTR_unquote), MP_ROM_PTR(&atbytes_unquote_obj)},
    {MP_ROM_QSTR(MP_QSTR_number), MP_ROM_PTR(&atbytes_number_obj)},
    {MP_ROM_QSTR(MP_QSTR_cut), MP_ROM_PTR(&atbytes_cut_obj)},
    {MP_ROM_QSTR(MP_QSTR_find_eol), MP_ROM_PTR(&atbytes_find_eol_obj)},
    {MP_ROM_QSTR(MP_QSTR_b64_decode), MP_ROM_PTR(&atbytes_b64_decode_obj)},
    {MP_ROM_QSTR(MP_QSTR_b64_encode), MP_ROM_PTR(&atbytes_b64_encode_obj)},
    {MP_ROM_QSTR(MP_QSTR_put), MP_ROM_PTR(&atbytes_put_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_dec), MP_ROM_PTR(&atbytes_put_dec_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_hex), MP_ROM_PTR(&atbytes_put_hex_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_ip4), MP_ROM_PTR(&atbytes_put_ip4_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_ip6), MP_ROM_PTR(&atbytes_put_ip6_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_mac), MP_ROM_PTR(&atbytes_put_mac_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_str), MP_ROM_PTR(&atbytes_put_str_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_find), MP_ROM_PTR(&atbytes_kw_find_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_mask), MP_ROM_PTR(&atbytes_kw_mask_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_put), MP_ROM_PTR(&atbytes_kw_put_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_put_mask), MP_ROM_PTR(&atbytes_kw_put_mask_obj)},
    {MP_ROM_QSTR(MP_QSTR_line_at), MP_ROM_PTR(&atbytes_line_at_obj)},
    {MP_ROM_QSTR(MP_QSTR_get), MP_ROM_PTR(&atbytes_get_obj)},
    {MP_ROM_QSTR(MP_QSTR_parse), MP_ROM_PTR(&atbytes_parse_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_wire), MP_ROM_PTR(&atbytes_put_wire_obj)},
    {MP_ROM_QSTR(MP_QSTR_message), MP_ROM_PTR(&atbytes_message_obj)},
    {MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&atbytes_begin_obj)},
    {MP_ROM_QSTR(MP_QSTR_frame), MP_ROM_PTR(&atbytes_frame_obj)},
    {MP_ROM_QSTR(MP_QSTR_payload), MP_ROM_PTR(&atbytes_payload_obj)},
    {MP_ROM_QSTR(MP_QSTR_call), MP_ROM_PTR(&atbytes_call_obj)},

    {MP_ROM_QSTR(MP_QSTR_QUOTED), MP_ROM_INT(ATTOK_QUOTED)},
    {MP_ROM_QSTR(MP_QSTR_EMPTY), MP_ROM_INT(ATTOK_EMPTY)},
    {MP_ROM_QSTR(MP_QSTR_BAD_QUOTE), MP_ROM_INT(ATTOK_BAD_QUOTE)},
    {MP_ROM_QSTR(MP_QSTR_BACKSLASH), MP_ROM_INT(ATTOK_BACKSLASH)},
};
static MP_DEFINE_CONST_DICT(atbytes_globals, atbytes_globals_table);

const mp_obj_module_t atbytes_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&atbytes_globals,
};

MP_REGISTER_MODULE(MP_QSTR_atbytes, atbytes_module);
