// What the parts of module atbytes share: how they get at buffers and numbers.
#ifndef FIRMWARE_ATBYTES_H
#define FIRMWARE_ATBYTES_H

#include <string.h>

#include "link/keywords.h"
#include "py/objint.h"
#include "py/objstr.h"
#include "py/runtime.h"

static inline mp_buffer_info_t get_buffer(mp_obj_t obj, mp_uint_t flags) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(obj, &info, flags);
    return info;
}

static inline NORETURN void raise_range(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("range"));
}

// A part buf[start:end] of a buffer.
typedef struct _span_t {
    uint8_t *buf;
    size_t start;
    size_t end;
} span_t;

static inline span_t get_span(mp_obj_t obj, mp_uint_t flags, mp_obj_t start, mp_obj_t end) {
    mp_buffer_info_t info = get_buffer(obj, flags);
    mp_int_t from = mp_obj_get_int(start);
    mp_int_t to = mp_obj_get_int(end);
    if (from < 0 || to < from || (size_t)to > info.len) {
        raise_range();
    }
    return (span_t){info.buf, from, to};
}

// One keyword table of `tables`: bytes, or where chapters come and go a list of such.
static inline keywords_t get_keywords(mp_obj_t tables, mp_obj_t name_in) {
    mp_buffer_info_t name = get_buffer(name_in, MP_BUFFER_READ);
    size_t n = 1;
    mp_obj_t *items = &tables;
#if MICROPY_HW_CHAPTERS
    if (mp_obj_is_type(tables, &mp_type_list)) {
        mp_obj_list_get(tables, &n, &items);
    }
#endif
    for (; n > 0; n--, items++) {
        mp_buffer_info_t words = get_buffer(*items, MP_BUFFER_READ);
        keywords_t table;
        if (keywords_open(words.buf, words.len, name.buf, name.len, &table)) {
            return table;
        }
    }
    mp_raise_type_arg(&mp_type_KeyError, name_in);
}

// Where a writer may write: dst[at:].
typedef struct _place_t {
    uint8_t *out;
    size_t at;
    size_t room;
} place_t;

static inline place_t get_place(mp_obj_t dst, mp_obj_t at_in) {
    mp_buffer_info_t info = get_buffer(dst, MP_BUFFER_WRITE);
    mp_int_t at = mp_obj_get_int(at_in);
    if (at < 0 || (size_t)at > info.len) {
        raise_range();
    }
    return (place_t){(uint8_t *)info.buf + at, at, info.len - at};
}

static inline mp_obj_t place_put(const place_t *place, const void *src, size_t len) {
    if (len > place->room) {
        raise_range();
    }
    memmove(place->out, src, len);
    return MP_OBJ_NEW_SMALL_INT(place->at + len);
}

// The low 64 bits of an int, as two's complement.
static inline uint64_t get_u64(mp_obj_t value, bool *negative) {
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

// modatbytes_write.c
extern const mp_obj_fun_builtin_fixed_t atbytes_put_obj;
extern const mp_obj_fun_builtin_fixed_t atbytes_put_dec_obj;
extern const mp_obj_fun_builtin_var_t atbytes_message_obj;
extern const mp_obj_fun_builtin_fixed_t atbytes_begin_obj;
extern const mp_obj_fun_builtin_var_t atbytes_frame_obj;
extern const mp_obj_fun_builtin_var_t atbytes_payload_obj;

size_t atbytes_put_begin(uint8_t *out, size_t room, mp_obj_t name, bool ti);
size_t atbytes_put_end(uint8_t *buf, size_t size, size_t at, size_t blank, bool ti);

// modatbytes_fields.c
extern const mp_obj_fun_builtin_var_t atbytes_put_field_obj;
extern const mp_obj_fun_builtin_var_t atbytes_value_line_obj;

// modatbytes_keywords.c
extern const mp_obj_fun_builtin_var_t atbytes_kw_find_obj;
extern const mp_obj_fun_builtin_var_t atbytes_kw_mask_obj;
extern const mp_obj_fun_builtin_var_t atbytes_kw_told_obj;
extern const mp_obj_fun_builtin_var_t atbytes_parse_obj;

#endif
