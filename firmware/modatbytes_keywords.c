// Module atbytes: keywords (link/keywords.h) and the arguments of a command, by their declarations.
#include "atbytes.h"
#include "link/attok.h"
#include "link/keywords.h"

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_find_obj, 5, 5, atbytes_kw_find);

// (tables, name, buf, start, end): the bits, or a negative code.
static mp_obj_t atbytes_kw_mask(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    keywords_t table = get_table(args);
    span_t text = get_span(args[2], MP_BUFFER_READ, args[3], args[4]);
    uint32_t bits;
    int error = keywords_mask(table, text.buf + text.start, text.end - text.start, &bits);
    return error == 0 ? mp_obj_new_int_from_uint(bits) : MP_OBJ_NEW_SMALL_INT(error);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_mask_obj, 5, 5, atbytes_kw_mask);

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
    if (field[2] & (ATTOK_QUOTED | ATTOK_TABBED) ||
        !attok_number(p->line, field[0], field[1], &magnitude, &negative) || magnitude > UINT32_MAX) {
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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_parse_obj, 7, 7, atbytes_parse);
