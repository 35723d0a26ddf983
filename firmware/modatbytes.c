// Module atbytes: the AT core's work on bytes (link/attok.h, base64.h; the writers, the fields of value
// lines and the keywords have files of their own). Positions are offsets into the buffers given.
#include "atbytes.h"
#include "link/athead.h"
#include "link/attok.h"
#include "link/base64.h"

// Reading

// (buf, end, fields[, escapes[, start]]): positions from the beginning of buf.
static mp_obj_t atbytes_tokenize(size_t n_args, const mp_obj_t *args) {
    span_t line = get_span(args[0], MP_BUFFER_RW, n_args < 5 ? MP_OBJ_NEW_SMALL_INT(0) : args[4], args[1]);
    mp_buffer_info_t fields = get_buffer(args[2], MP_BUFFER_RW);
    if (line.end > ATTOK_MAX_LINE || fields.typecode != 'H' || fields.len < 2 * sizeof(uint16_t)) {
        raise_range();
    }
    bool escapes = n_args < 4 || mp_obj_is_true(args[3]);
    return MP_OBJ_NEW_SMALL_INT(
        attok_split(line.buf, line.start, line.end, fields.buf, fields.len / sizeof(uint16_t), escapes));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_tokenize_obj, 3, 5, atbytes_tokenize);

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
#if MICROPY_LONGINT_IMPL == MICROPY_LONGINT_IMPL_LONGLONG
    magnitude = MIN(magnitude, INT64_MAX); // there is no range that far up
#endif
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

// (buf, start, end, scanned, fields, escapes): the first line of buf[start:end], behind line ends; up to
// `scanned` it is known to have no end. One of the usual kind is tokenized, with positions from the beginning
// of buf: where the next line begins << 5 | what tokenize() gives + 3. If it has no end, is long or begins
// with a control character: -2 - where it begins. -1 if there are nothing but line ends.
#define LINE_COUNT (5)
#define LINE_SHORT (80)

static mp_obj_t atbytes_line_at(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    span_t part = get_span(args[0], MP_BUFFER_RW, args[1], args[2]);
    mp_buffer_info_t fields = get_buffer(args[4], MP_BUFFER_RW);
    size_t room = fields.len / sizeof(uint16_t);
    if (part.end > ATTOK_MAX_LINE || fields.typecode != 'H' || room < ATTOK_NAME_FIELDS ||
        room >= ATTOK_NAME_FIELDS + ATTOK_PARAM_FIELDS * ((1 << LINE_COUNT) + ATTOK_HELP)) {
        raise_range();
    }
    attok_line_t line = attok_line(part.buf, part.start, part.end, mp_obj_get_int(args[3]), LINE_SHORT);
    if (line.start == part.end) {
        return MP_OBJ_NEW_SMALL_INT(-1);
    }
    if (line.end == part.end || part.buf[line.start] < ' ') {
        return MP_OBJ_NEW_SMALL_INT(-2 - (mp_int_t)line.start);
    }
    int count = attok_split(part.buf, line.start, line.end, fields.buf, room, mp_obj_is_true(args[5]));
    return MP_OBJ_NEW_SMALL_INT((line.end + 1) << LINE_COUNT | (count - ATTOK_HELP));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_line_at_obj, 6, 6, atbytes_line_at);

// (buf, start, end, rows, escapes): the payload that an unfinished line buf[start:end] announces, by the rows
// of link/athead.h: bytes that it needs << 14 | blanks before it are not part of it << 13 | where it begins
// in buf. Negative: -1 not known yet, -2 there is none, -3 - where it begins if its length is no number.
#define HEADER_NEED   (14)
#define HEADER_PADDED (1 << 13)

static mp_obj_t atbytes_header(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    span_t line = get_span(args[0], MP_BUFFER_READ, args[1], args[2]);
    mp_buffer_info_t rows = get_buffer(args[3], MP_BUFFER_READ);
    if (line.end >= HEADER_PADDED || !athead_rows_ok(rows.buf, rows.len)) {
        raise_range();
    }
    athead_t found;
    athead_result_t result = athead_find(line.buf, SIZE_MAX, line.start, line.end, rows.buf, rows.len,
                                         mp_obj_is_true(args[4]), &found);
    if (result == ATHEAD_PAYLOAD) {
        uint64_t packed =
            (uint64_t)found.need << HEADER_NEED | (found.padded ? HEADER_PADDED : 0) | found.data;
        return packed <= INT32_MAX >> 1 ? MP_OBJ_NEW_SMALL_INT(packed) : mp_obj_new_int_from_ull(packed);
    }
    return MP_OBJ_NEW_SMALL_INT(result == ATHEAD_NO_NUMBER ? result - (mp_int_t)found.data : result);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_header_obj, 5, 5, atbytes_header);

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
    {MP_ROM_QSTR(MP_QSTR_header), MP_ROM_PTR(&atbytes_header_obj)},
    {MP_ROM_QSTR(MP_QSTR_find_eol), MP_ROM_PTR(&atbytes_find_eol_obj)},
    {MP_ROM_QSTR(MP_QSTR_b64_decode), MP_ROM_PTR(&atbytes_b64_decode_obj)},
    {MP_ROM_QSTR(MP_QSTR_b64_encode), MP_ROM_PTR(&atbytes_b64_encode_obj)},
    {MP_ROM_QSTR(MP_QSTR_put), MP_ROM_PTR(&atbytes_put_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_dec), MP_ROM_PTR(&atbytes_put_dec_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_find), MP_ROM_PTR(&atbytes_kw_find_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_mask), MP_ROM_PTR(&atbytes_kw_mask_obj)},
    {MP_ROM_QSTR(MP_QSTR_line_at), MP_ROM_PTR(&atbytes_line_at_obj)},
    {MP_ROM_QSTR(MP_QSTR_get), MP_ROM_PTR(&atbytes_get_obj)},
    {MP_ROM_QSTR(MP_QSTR_kw_told), MP_ROM_PTR(&atbytes_kw_told_obj)},
    {MP_ROM_QSTR(MP_QSTR_parse), MP_ROM_PTR(&atbytes_parse_obj)},
    {MP_ROM_QSTR(MP_QSTR_put_field), MP_ROM_PTR(&atbytes_put_field_obj)},
    {MP_ROM_QSTR(MP_QSTR_value_line), MP_ROM_PTR(&atbytes_value_line_obj)},
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
