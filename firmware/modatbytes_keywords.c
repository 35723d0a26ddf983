// Module atbytes: keywords (link/keywords.h) and the arguments of a command, by their declarations.
#include "atbytes.h"
#include "link/attok.h"

// Keyword tables: (tables, name of one, ...)

static keywords_t get_table(const mp_obj_t *args) {
    return get_keywords(args[0], args[1]);
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

static void add_keyword(vstr_t *text, const keyword_t *keyword, bool ti) {
    if (text->len > 0) {
        vstr_add_char(text, '|');
    }
    keywords_copy((uint8_t *)vstr_add_len(text, keyword->len), keyword, ti);
}

// (tables, name, ti, values, most): a str, the keywords of these values in their order, or of all up to
// `most` if there are none, with `|` between.
static mp_obj_t atbytes_kw_told(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    keywords_t table = get_table(args);
    keyword_t keyword;
    bool ti = mp_obj_is_true(args[2]);
    vstr_t text;
    vstr_init(&text, 64);
    size_t n = 0;
    mp_obj_t *values = NULL;
    if (args[3] != mp_const_none) {
        mp_obj_get_array(args[3], &n, &values);
    }
    if (values == NULL) {
        uint32_t most = mp_obj_get_int_truncated(args[4]);
        for (keywords_t rest = table; keywords_next(&rest, &keyword);) {
            keyword_t told;
            if (keyword.value <= most && keywords_tell(table, keyword.value, ti, &told) &&
                told.text == keyword.text) {
                add_keyword(&text, &keyword, ti);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (keywords_tell(table, mp_obj_get_int_truncated(values[i]), ti, &keyword)) {
            add_keyword(&text, &keyword, ti);
        }
    }
    return mp_obj_new_str_from_vstr(&text);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_kw_told_obj, 5, 5, atbytes_kw_told);

// Arguments: see atcore/grammar.py, which does the rest, errors among it.

// What is needed to convert the parameters of a line.
typedef struct _params_t {
    mp_obj_t tables;
    const uint8_t *line;
    size_t len;
    const uint16_t *fields;
    size_t count;
    mp_obj_list_t *values;
    mp_obj_t core;
    mp_obj_t data;
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

// By the keyword table for the value before: `pairs` of (value or None for any, table or None for anything).
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
        if (pair[0] == group || pair[0] == mp_const_none) {
            return pair[1] == mp_const_none ? mp_const_none : convert_keyword(p, field, pair[1]);
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
        case MP_QSTR_size:
            return convert_number(p, field, 0, UINT16_MAX);
        case MP_QSTR_u32:
            return convert_number(p, field, 0, UINT32_MAX);
        case MP_QSTR_i32:
            return convert_number(p, field, INT32_MIN, INT32_MAX);
        case MP_QSTR_length:
            return convert_number(p, field, 1, INT16_MAX);
        case MP_QSTR_format:
            return convert_number(p, field, 0, 1);
        case MP_QSTR_range:
            if (n == 5 && mp_obj_is_int(declared[3]) && mp_obj_is_int(declared[4])) {
                return convert_number(p, field, mp_obj_get_int(declared[3]), mp_obj_get_int(declared[4]));
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

// Whether the last values are what a row of forms is for: the last one, or as many as it has.
static bool is_chosen(const mp_obj_list_t *values, mp_obj_t choice) {
    size_t n = 1;
    mp_obj_t *wanted = &choice;
    if (choice == mp_const_none) {
        return true;
    }
    if (mp_obj_is_type(choice, &mp_type_tuple)) {
        mp_obj_get_array(choice, &n, &wanted);
    }
    if (n > values->len) {
        return false;
    }
    const mp_obj_t *last = values->items + values->len - n;
    for (size_t i = 0; i < n; i++) {
        if (last[i] != wanted[i] && !mp_obj_equal(last[i], wanted[i])) {
            return false;
        }
    }
    return true;
}

// The row of forms that the values so far choose, or NULL.
static mp_obj_t *choose_form(const mp_obj_list_t *values, mp_obj_t rows_in) {
    size_t n;
    mp_obj_t *rows;
    mp_obj_get_array(rows_in, &n, &rows);
    for (; n > 0; n--, rows++) {
        size_t width;
        mp_obj_t *row;
        mp_obj_get_array(*rows, &width, &row);
        if (width >= 2 && is_chosen(values, row[0])) {
            return rows;
        }
    }
    return NULL;
}

// Appends parameters as long as they are as declared; how many.
static size_t parse_some(params_t *p, size_t n, const mp_obj_t *declared) {
    size_t done = 0;
    for (; done < n && p->values->len < p->count; done++) {
        size_t width;
        mp_obj_t *arg;
        mp_obj_get_array(declared[done], &width, &arg);
        mp_obj_t value = convert(p, p->fields + p->values->len * ATTOK_PARAM_FIELDS, width, arg);
        if (value == MP_OBJ_NULL) {
            break;
        }
        mp_obj_list_append(MP_OBJ_FROM_PTR(p->values), value);
    }
    return done;
}

// Takes the declarations of one form after the other; whether what is declared is all there is.
static bool parse_all(params_t *p, mp_obj_t declarations) {
    for (;;) {
        size_t n;
        mp_obj_t *declared;
        mp_obj_get_array(declarations, &n, &declared);
        size_t done = parse_some(p, n, declared);
        bool complete = p->values->len == p->count;
        if (done == n) {
            return complete;
        }
        mp_obj_get_array(declared[done], &n, &declared);
        if (n < 2) {
            return false;
        }
        if (declared[1] == MP_OBJ_NEW_QSTR(MP_QSTR_data) && p->data != mp_const_none && complete) {
            mp_obj_list_append(MP_OBJ_FROM_PTR(p->values), p->data);
            return true;
        }
        mp_obj_t *row = NULL;
        if (n == 4 && declared[1] == MP_OBJ_NEW_QSTR(MP_QSTR_forms)) {
            row = choose_form(p->values, declared[3]);
        }
        if (row == NULL) {
            return false;
        }
        mp_store_attr(p->core, MP_QSTR_form, *row);
        mp_obj_get_array(*row, &n, &declared);
        declarations = declared[1];
    }
}

// (tables, line, fields, count, declarations, values, core, data): appends the parameters to values, as
// long as they are numbers and keywords as declared, and the payload. Whether that was all. `core.form` is
// the row of forms that was chosen last.
static mp_obj_t atbytes_parse(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t line = get_buffer(args[1], MP_BUFFER_READ);
    mp_buffer_info_t fields = get_buffer(args[2], MP_BUFFER_READ);
    mp_int_t count = mp_obj_get_int(args[3]);
    if (fields.typecode != 'H' || !mp_obj_is_type(args[5], &mp_type_list) || count < 0 ||
        count > (mp_int_t)((fields.len / sizeof(uint16_t) - ATTOK_NAME_FIELDS) / ATTOK_PARAM_FIELDS)) {
        raise_range();
    }
    params_t params = {args[0],  line.buf,
                       line.len, (const uint16_t *)fields.buf + ATTOK_NAME_FIELDS,
                       count,    MP_OBJ_TO_PTR(args[5]),
                       args[6],  args[7]};
    return mp_obj_new_bool(parse_all(&params, args[4]));
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_parse_obj, 8, 8, atbytes_parse);
