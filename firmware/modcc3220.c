// Module cc3220: the console the AT application speaks on, and what the chip has besides.
#include "chapters.h"
#include "hal/console.h"
#include "hal/hal.h"
#include "hot.h"
#include "link/athead.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"

// --- cc3220.console. Nothing here blocks, except init() until the last byte has gone out ---

// (buf[, at]): fills buf from `at` on, with what the line discipline gives; nothing from behind a break or
// lost bytes, until brk() or lost() has told it.
static mp_obj_t console_readinto(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[1], &buf, MP_BUFFER_WRITE);
    mp_int_t at = n_args > 2 ? mp_obj_get_int(args[2]) : 0;
    if (at < 0 || (size_t)at > buf.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("range"));
    }
    size_t n = console_read((uint8_t *)buf.buf + at, buf.len - at);
    return n == 0 ? mp_const_none : MP_OBJ_NEW_SMALL_INT(n);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(console_readinto_obj, 2, 3, console_readinto);

// Bytes that have come and are not read, at least.
static mp_obj_t console_any(mp_obj_t self_in) {
    (void)self_in;
    return MP_OBJ_NEW_SMALL_INT(ring_used(&console.rx) + uart_receives(&console));
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_any_obj, console_any);

// (rows, flags): what a line is. rows: where commands have their payload (link/athead.h), b"" for none;
// flags: of ESCAPES, ECHO, CONTROLS (link/atline.h). Holds for what is not yet read, too. From the first
// watch() on readinto() stops where bytes were lost.
MP_REGISTER_ROOT_POINTER(mp_obj_t console_rows);

static mp_obj_t console_watch(mp_obj_t self_in, mp_obj_t rows_in, mp_obj_t flags_in) {
    (void)self_in;
    mp_buffer_info_t rows;
    mp_get_buffer_raise(rows_in, &rows, MP_BUFFER_READ);
    if (!athead_rows_ok(rows.buf, rows.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("rows"));
    }
    MP_STATE_VM(console_rows) = rows_in;
    atline_set(&console_line, rows.buf, rows.len, mp_obj_get_int(flags_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(console_watch_obj, console_watch);

// (n): what the reader gets from the next unread byte on, and when it is woken.
// n > 0: bytes as they come, when n of them wait, 20 ms of silence follow one, at a break or lost bytes;
// 0: whole lines, and commands with their payload; what is incomplete when a payload is silent for 2 s, at
// a break or lost bytes, and when it fills half of the ring; -1: the same, but the first line is one whose
// beginning was read.
static mp_obj_t console_wake_at(mp_obj_t self_in, mp_obj_t n_in) {
    (void)self_in;
    mp_int_t n = mp_obj_get_int(n_in);
    if (n > 0) {
        atline_raw(&console_line, n);
    } else {
        atline_lines(&console_line, n < 0);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(console_wake_at_obj, console_wake_at);

// Drops what has come and has not been read, with its breaks and what was lost of it.
static mp_obj_t console_forget(mp_obj_t self_in) {
    (void)self_in;
    console_drop();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_forget_obj, console_forget);

// (data): puts back what was read last, for who reads next. As far as there is room.
static mp_obj_t console_unread(mp_obj_t self_in, mp_obj_t data_in) {
    (void)self_in;
    mp_buffer_info_t data;
    mp_get_buffer_raise(data_in, &data, MP_BUFFER_READ);
    console_unget(data.buf, data.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(console_unread_obj, console_unread);

// Bytes of a line that is half typed and has not been read; less than 0 if a payload is coming in.
static mp_obj_t console_partial(mp_obj_t self_in) {
    (void)self_in;
    return MP_OBJ_NEW_SMALL_INT(atline_partial(&console_line));
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_partial_obj, console_partial);

// Milliseconds since the last byte came, read or not; at most an hour.
static mp_obj_t console_silence(mp_obj_t self_in) {
    (void)self_in;
    return MP_OBJ_NEW_SMALL_INT(uart_silence_us(&console) / 1000);
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_silence_obj, console_silence);

// (at): echoes the half-typed line again from byte `at` on. Returns up to where there was room.
static mp_obj_t console_again(mp_obj_t self_in, mp_obj_t at_in) {
    (void)self_in;
    uint32_t at = atline_again(&console_line, mp_obj_get_int(at_in));
    uart_start(&console);
    return MP_OBJ_NEW_SMALL_INT(at);
}
static MP_DEFINE_CONST_FUN_OBJ_2(console_again_obj, console_again);

// Bytes that were lost right behind what was read: in the FIFO, where one may stand for more, or for want of
// ring. Tells it once, and then what came behind them can be read.
static mp_obj_t console_lost(mp_obj_t self_in) {
    (void)self_in;
    return mp_obj_new_int_from_uint(uart_take_lost(&console));
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_lost_obj, console_lost);

static mp_obj_t console_write(mp_obj_t self_in, mp_obj_t buf_in) {
    (void)self_in;
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_READ);
    return MP_OBJ_NEW_SMALL_INT(uart_write(&console, buf.buf, buf.len));
}
static MP_DEFINE_CONST_FUN_OBJ_2(console_write_obj, console_write);

static mp_obj_t console_space(mp_obj_t self_in) {
    (void)self_in;
    return MP_OBJ_NEW_SMALL_INT(ring_free(&console.tx));
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_space_obj, console_space);

static mp_obj_t console_init(mp_obj_t self_in, mp_obj_t baud_in) {
    (void)self_in;
    uart_format_t format = {.baud = console.baud, .bits = 8, .stop = 1};
    uart_format_t wanted = format;
    wanted.baud = mp_obj_get_int(baud_in);
    if (wanted.baud != format.baud && !uart_set_format(&console, &wanted)) {
        uart_set_format(&console, &format);
        mp_raise_ValueError(MP_ERROR_TEXT("baudrate"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(console_init_obj, console_init);

// Bytes that were lost since the last call.
static mp_obj_t console_overruns(mp_obj_t self_in) {
    (void)self_in;
    static uint32_t told;
    uint32_t n = console.overruns - told;
    told += n;
    return mp_obj_new_int_from_uint(n);
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_overruns_obj, console_overruns);

// ([anywhere]): whether the line was held low for longer than a byte behind what was read, or somewhere
// behind that. Tells it once, and then what came behind it can be read.
static mp_obj_t console_brk(size_t n_args, const mp_obj_t *args) {
    bool anywhere = n_args > 1 && mp_obj_is_true(args[1]);
    return mp_obj_new_bool(anywhere ? uart_drop_break(&console) : uart_take_break(&console));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(console_brk_obj, 1, 2, console_brk);

// Whether brk(True) would tell of one.
static mp_obj_t console_breaks(mp_obj_t self_in) {
    (void)self_in;
    return mp_obj_new_bool(console.break_seen);
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_breaks_obj, console_breaks);

// Whether everything written is on the line.
static mp_obj_t console_idle(mp_obj_t self_in) {
    (void)self_in;
    return mp_obj_new_bool(uart_idle(&console));
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_idle_obj, console_idle);

static const mp_rom_map_elem_t console_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&console_readinto_obj)},
    {MP_ROM_QSTR(MP_QSTR_any), MP_ROM_PTR(&console_any_obj)},
    {MP_ROM_QSTR(MP_QSTR_watch), MP_ROM_PTR(&console_watch_obj)},
    {MP_ROM_QSTR(MP_QSTR_wake_at), MP_ROM_PTR(&console_wake_at_obj)},
    {MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&console_forget_obj)},
    {MP_ROM_QSTR(MP_QSTR_unread), MP_ROM_PTR(&console_unread_obj)},
    {MP_ROM_QSTR(MP_QSTR_partial), MP_ROM_PTR(&console_partial_obj)},
    {MP_ROM_QSTR(MP_QSTR_silence), MP_ROM_PTR(&console_silence_obj)},
    {MP_ROM_QSTR(MP_QSTR_again), MP_ROM_PTR(&console_again_obj)},
    {MP_ROM_QSTR(MP_QSTR_lost), MP_ROM_PTR(&console_lost_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&console_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_space), MP_ROM_PTR(&console_space_obj)},
    {MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&console_init_obj)},
    {MP_ROM_QSTR(MP_QSTR_overruns), MP_ROM_PTR(&console_overruns_obj)},
    {MP_ROM_QSTR(MP_QSTR_brk), MP_ROM_PTR(&console_brk_obj)},
    {MP_ROM_QSTR(MP_QSTR_breaks), MP_ROM_PTR(&console_breaks_obj)},
    {MP_ROM_QSTR(MP_QSTR_idle), MP_ROM_PTR(&console_idle_obj)},
    {MP_ROM_QSTR(MP_QSTR_ESCAPES), MP_ROM_INT(ATLINE_ESCAPES)},
    {MP_ROM_QSTR(MP_QSTR_ECHO), MP_ROM_INT(ATLINE_ECHO)},
    {MP_ROM_QSTR(MP_QSTR_CONTROLS), MP_ROM_INT(ATLINE_CONTROLS)},
};
static MP_DEFINE_CONST_DICT(console_locals_dict, console_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(console_type, MP_QSTR_Console, MP_TYPE_FLAG_NONE, locals_dict,
                                &console_locals_dict);

static const mp_obj_base_t console_obj = {&console_type};

// --- Memory that the application's buffers have for good, in place of the heap's ---

static uint8_t pool[MICROPY_HW_STATIC_POOL] __attribute__((aligned(4)));
static size_t pool_used;

void cc3220_static_reset(void) {
    pool_used = 0;
}

// (n): a bytearray of n bytes, on the heap when there is no more of that memory.
static mp_obj_t cc3220_static(mp_obj_t n_in) {
    mp_int_t n = mp_obj_get_int(n_in);
    if (n < 0 || (size_t)n > sizeof(pool) - pool_used) {
        return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_bytearray), n_in);
    }
    mp_obj_t array = mp_obj_new_bytearray_by_ref(n, pool + pool_used);
    pool_used += (n + 3) & ~3u;
    return array;
}
static MP_DEFINE_CONST_FUN_OBJ_1(cc3220_static_obj, cc3220_static);

// Give back what the dictionaries of modules and classes have to spare.
static mp_obj_t cc3220_trim(void) {
    hot_trim();
    alloc_begun();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(cc3220_trim_obj, cc3220_trim);

#if !MICROPY_HW_SCARCE
// --- On-chip flash beyond the image. Not kept by the boot ROM when the image was installed as a
// --- production file, so nothing of the firmware lives there ---

static mp_obj_t flash_range(void) {
    mp_obj_t items[] = {
        mp_obj_new_int_from_uint(hal_flash_begin()),
        mp_obj_new_int_from_uint(hal_flash_end()),
    };
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(flash_range_obj, flash_range);

static mp_obj_t flash_erase(mp_obj_t address_in) {
    if (!hal_flash_erase(mp_obj_get_int_truncated(address_in))) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(flash_erase_obj, flash_erase);

static mp_obj_t flash_write(mp_obj_t address_in, mp_obj_t buf_in) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(buf_in, &buf, MP_BUFFER_READ);
    if (!hal_flash_write(mp_obj_get_int_truncated(address_in), buf.buf, buf.len)) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(flash_write_obj, flash_write);
#endif

static const mp_rom_map_elem_t cc3220_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_cc3220)},
    {MP_ROM_QSTR(MP_QSTR_console), MP_ROM_PTR(&console_obj)},
    {MP_ROM_QSTR(MP_QSTR_static), MP_ROM_PTR(&cc3220_static_obj)},
    {MP_ROM_QSTR(MP_QSTR_SCARCE), MICROPY_HW_SCARCE ? MP_ROM_TRUE : MP_ROM_FALSE},
    {MP_ROM_QSTR(MP_QSTR_trim), MP_ROM_PTR(&cc3220_trim_obj)},
#if MICROPY_HW_CHAPTERS
    {MP_ROM_QSTR(MP_QSTR_chapters), MP_ROM_PTR(&chapters_module)},
#endif
#if !MICROPY_HW_SCARCE
    {MP_ROM_QSTR(MP_QSTR_flash_range), MP_ROM_PTR(&flash_range_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_erase), MP_ROM_PTR(&flash_erase_obj)},
    {MP_ROM_QSTR(MP_QSTR_flash_write), MP_ROM_PTR(&flash_write_obj)},
#endif
};
static MP_DEFINE_CONST_DICT(cc3220_globals, cc3220_globals_table);

const mp_obj_module_t cc3220_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&cc3220_globals,
};

MP_REGISTER_MODULE(MP_QSTR_cc3220, cc3220_module);
