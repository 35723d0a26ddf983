// Module atbytes: what writes values and messages (link/atfmt.h, guide-style.md chapters 2 to 4). Writers
// return the position behind what they wrote.
#include "py/objarray.h"

#include "atbytes.h"
#include "hot.h"
#include "link/atfmt.h"
#include "link/base64.h"

static mp_obj_t atbytes_put(mp_obj_t dst, mp_obj_t at, mp_obj_t src) {
    place_t place = get_place(dst, at);
    mp_buffer_info_t info = get_buffer(src, MP_BUFFER_READ);
    return place_put(&place, info.buf, info.len);
}
MP_DEFINE_CONST_FUN_OBJ_3(atbytes_put_obj, atbytes_put);

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
MP_DEFINE_CONST_FUN_OBJ_3(atbytes_put_dec_obj, atbytes_put_dec);

// Messages

// Ends the message of buf[:at], where every value has a comma behind it: without the last one, and in style
// guide without the blank before `blank` if nothing else follows; with CR LF. Returns its length.
size_t atbytes_put_end(uint8_t *buf, size_t size, size_t at, size_t blank, bool ti) {
    if (at < blank || at + 2 > size) {
        raise_range();
    }
    at -= at > blank;
    at -= at == blank && !ti;
    buf[at] = '\r';
    buf[at + 1] = '\n';
    return at + 2;
}

// (buf, at, blank, ti): the message that ends before `at`.
static mp_obj_t atbytes_message(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t buf = get_buffer(args[0], MP_BUFFER_WRITE);
    size_t blank = mp_obj_get_int(args[2]);
    if (blank < 1) {
        raise_range();
    }
    size_t len = atbytes_put_end(buf.buf, buf.len, mp_obj_get_int(args[1]), blank, mp_obj_is_true(args[3]));
    return mp_obj_new_bytes(buf.buf, len);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_message_obj, 4, 4, atbytes_message);

// How a message begins: `+name: `, in style ti `+name:`. Returns the length.
size_t atbytes_put_begin(uint8_t *out, size_t room, mp_obj_t name_in, bool ti) {
    mp_buffer_info_t name = get_buffer(name_in, MP_BUFFER_READ);
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
    return MP_OBJ_NEW_SMALL_INT(atbytes_put_begin(buf.buf, buf.len, name, mp_obj_is_true(ti)));
}
MP_DEFINE_CONST_FUN_OBJ_3(atbytes_begin_obj, atbytes_begin);

// A frame is a buffer for a payload as it comes in, with room for what stands before and behind it in a
// message, so that it need not be copied on its way out: FRAME_HEAD bytes, room for n bytes in Base64 if that
// is asked for, the n bytes, CR LF. Seen from outside it is a memoryview of the n bytes.
#define FRAME_HEAD  (64)
#define FRAME_END   (2)
#define FRAME_LARGE (512)

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
    if (buf == NULL && size >= FRAME_LARGE) {
        buf = alloc_high(size);
    }
    if (buf == NULL) {
        buf = m_new(uint8_t, size);
    }
    mp_obj_array_t *view = MP_OBJ_TO_PTR(mp_obj_new_memoryview('B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, n, buf));
    view->free = FRAME_HEAD + room - n; // the view's offset
    return MP_OBJ_FROM_PTR(view);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_frame_obj, 2, 3, atbytes_frame);

// What stands before a payload: `+name: ` (or `+name:`), the values, format and length, with a comma behind
// each. Returns its length. A value is a number, or text as it is.
static size_t put_head(uint8_t *out, const mp_obj_t *args, size_t len) {
    size_t at = atbytes_put_begin(out, FRAME_HEAD, args[3], mp_obj_is_true(args[4]));
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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_payload_obj, 6, 6, atbytes_payload);
