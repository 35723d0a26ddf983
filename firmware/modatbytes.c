// Module atbytes: the AT core's work on bytes (link/attok.h, base64.h, atfmt.h). Positions are offsets into
// the buffers given; writers return the position behind what they wrote.
#include <string.h>

#include "py/objint.h"
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

static mp_obj_t atbytes_find_eol(mp_obj_t buf, mp_obj_t start, mp_obj_t end) {
    span_t part = get_span(buf, MP_BUFFER_READ, start, end);
    return MP_OBJ_NEW_SMALL_INT(attok_find_eol(part.buf, part.start, part.end));
}
static MP_DEFINE_CONST_FUN_OBJ_3(atbytes_find_eol_obj, atbytes_find_eol);

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

static mp_obj_t atbytes_put_dec(mp_obj_t dst, mp_obj_t at, mp_obj_t value) {
    place_t place = get_place(dst, at);
    uint8_t text[ATFMT_DEC_SIZE];
    bool negative;
    uint64_t bits = get_u64(value, &negative);
    return place_put(&place, text, atfmt_dec(text, negative ? -bits : bits, negative));
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
