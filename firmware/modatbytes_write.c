// Module atbytes: what writes values and messages (link/atfmt.h, guide-style.md chapters 2 to 4). Writers
// return the position behind what they wrote.
#include "py/objarray.h"

#include "atbytes.h"
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
MP_DEFINE_CONST_FUN_OBJ_3(atbytes_put_hex_obj, atbytes_put_hex);

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_ip4_obj, 4, 5, atbytes_put_ip4);

// (dst, at, src, offset[, msb_first])
static mp_obj_t atbytes_put_ip6(size_t n_args, const mp_obj_t *args) {
    place_t place = get_place(args[0], args[1]);
    const uint8_t *src = get_source(args[2], args[3], 16);
    uint8_t text[ATFMT_IP6_SIZE];
    return place_put(&place, text, atfmt_ip6(text, src, n_args > 4 && mp_obj_is_true(args[4])));
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_ip6_obj, 4, 5, atbytes_put_ip6);

// (dst, at, src, offset)
static mp_obj_t atbytes_put_mac(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    place_t place = get_place(args[0], args[1]);
    uint8_t text[ATFMT_MAC_SIZE];
    return place_put(&place, text, atfmt_mac(text, get_source(args[2], args[3], 6)));
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_mac_obj, 4, 4, atbytes_put_mac);

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_str_obj, 5, 5, atbytes_put_str);

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_put_wire_obj, 5, 5, atbytes_put_wire);

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_message_obj, 4, 4, atbytes_message);

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
MP_DEFINE_CONST_FUN_OBJ_3(atbytes_begin_obj, atbytes_begin);

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_frame_obj, 2, 3, atbytes_frame);

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
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(atbytes_payload_obj, 6, 6, atbytes_payload);
