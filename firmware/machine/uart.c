// The port's part of machine.UART; extmod/machine_uart.c includes this file.
// UART(0) is the console as it is: its line settings may be changed, it is never closed.
// UART(1) is on pins 58 (out) and 59 (in).
#include "hal/console.h"
#include "hal/hal.h"
#include "py/mperrno.h"
#include "py/mphal.h"

#define UART1_RX_DEFAULT (512)
#define UART1_TX_DEFAULT (512)
#define UART_BUFFER_MIN  (32)
#define UART_BUFFER_MAX  (32768)

#define MICROPY_PY_MACHINE_UART_CLASS_CONSTANTS

struct _machine_uart_obj_t {
    mp_obj_base_t base;
    uart_t *port;
    uart_format_t format;
    uint16_t timeout;      // ms to wait for the first byte of a read, or for room for a write
    uint16_t timeout_char; // ms to wait for a further byte
    bool open;
};

// The rings of UARTA1, which the interrupt uses.
MP_REGISTER_ROOT_POINTER(uint8_t *machine_uart1_rx);
MP_REGISTER_ROOT_POINTER(uint8_t *machine_uart1_tx);

static uart_t uart1;

static machine_uart_obj_t uart_objects[2] = {
    {
        .base = {&machine_uart_type},
        .port = &console,
        .format = {.baud = CONSOLE_BAUD, .bits = 8, .stop = 1},
        .open = true,
    },
    {
        .base = {&machine_uart_type},
        .port = &uart1,
        .format = {.baud = 115200, .bits = 8, .stop = 1},
    },
};

static inline bool is_console(const machine_uart_obj_t *self) {
    return self->port == &console;
}

static void mp_machine_uart_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    static const qstr parity[] = {MP_QSTR_None, MP_QSTR_even, MP_QSTR_odd};
    mp_printf(print, "UART(%u, baudrate=%u, bits=%u, parity=%q, stop=%u)", !is_console(self),
              self->port->baud, self->format.bits, parity[self->format.parity], self->format.stop);
}

// At least n bytes, rounded up to a power of two as a ring wants it.
static uint32_t ring_size(mp_int_t n) {
    if (n < UART_BUFFER_MIN) {
        n = UART_BUFFER_MIN;
    }
    if (n > UART_BUFFER_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer too large"));
    }
    uint32_t size = UART_BUFFER_MIN;
    while (size < (uint32_t)n) {
        size *= 2;
    }
    return size;
}

static void set_ring(ring_t *ring, uint8_t *buf, uint32_t size) {
    ring->buf = buf;
    ring->mask = size - 1;
    ring->head = 0;
    ring->tail = 0;
}

static void open_uart1(machine_uart_obj_t *self, mp_int_t rxbuf, mp_int_t txbuf) {
    mp_machine_uart_deinit(self);
    uint32_t rx_size = ring_size(rxbuf);
    uint32_t tx_size = ring_size(txbuf);
    MP_STATE_PORT(machine_uart1_rx) = m_new(uint8_t, rx_size);
    MP_STATE_PORT(machine_uart1_tx) = m_new(uint8_t, tx_size);
    set_ring(&uart1.rx, MP_STATE_PORT(machine_uart1_rx), rx_size);
    set_ring(&uart1.tx, MP_STATE_PORT(machine_uart1_tx), tx_size);
    self->open = uart_open(&uart1, 1, &self->format);
    if (!self->open) {
        mp_raise_ValueError(MP_ERROR_TEXT("baudrate"));
    }
}

static void parse_format(uart_format_t *format, const mp_arg_val_t *baud, const mp_arg_val_t *bits,
                         const mp_arg_val_t *parity, const mp_arg_val_t *stop) {
    if (baud->u_int > 0) {
        format->baud = baud->u_int;
    }
    if (bits->u_int > 0) {
        if (bits->u_int < 5 || bits->u_int > 8) {
            mp_raise_ValueError(MP_ERROR_TEXT("bits"));
        }
        format->bits = bits->u_int;
    }
    if (parity->u_obj == mp_const_none) {
        format->parity = UART_PARITY_NONE;
    } else if (parity->u_obj != MP_OBJ_NEW_SMALL_INT(-1)) {
        format->parity = mp_obj_get_int(parity->u_obj) & 1 ? UART_PARITY_ODD : UART_PARITY_EVEN;
    }
    if (stop->u_int > 0) {
        if (stop->u_int > 2) {
            mp_raise_ValueError(MP_ERROR_TEXT("stop"));
        }
        format->stop = stop->u_int;
    }
}

static void mp_machine_uart_init_helper(machine_uart_obj_t *self, size_t n_args, const mp_obj_t *pos_args,
                                        mp_map_t *kw_args) {
    enum {
        ARG_baudrate,
        ARG_bits,
        ARG_parity,
        ARG_stop,
        ARG_rxbuf,
        ARG_txbuf,
        ARG_timeout,
        ARG_timeout_char
    };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_baudrate, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_bits, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_parity, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_INT(-1)}},
        {MP_QSTR_stop, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_rxbuf, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = UART1_RX_DEFAULT}},
        {MP_QSTR_txbuf, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = UART1_TX_DEFAULT}},
        {MP_QSTR_timeout, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
        {MP_QSTR_timeout_char, MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    uart_format_t format = self->format;
    parse_format(&format, &args[ARG_baudrate], &args[ARG_bits], &args[ARG_parity], &args[ARG_stop]);
    uart_format_t before = self->format;
    self->format = format;
    self->timeout = args[ARG_timeout].u_int;
    self->timeout_char = args[ARG_timeout_char].u_int;
    if (!is_console(self)) {
        open_uart1(self, args[ARG_rxbuf].u_int, args[ARG_txbuf].u_int);
    } else if (memcmp(&before, &format, sizeof(format)) != 0 && !uart_set_format(&console, &format)) {
        self->format = before;
        uart_set_format(&console, &before);
        mp_raise_ValueError(MP_ERROR_TEXT("baudrate"));
    }
}

static mp_obj_t mp_machine_uart_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                                         const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id < 0 || id > 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such UART"));
    }
    machine_uart_obj_t *self = &uart_objects[id];
    if (n_args > 1 || n_kw > 0 || !self->open) {
        mp_map_t kw_args;
        mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
        mp_machine_uart_init_helper(self, n_args - 1, args + 1, &kw_args);
    }
    return MP_OBJ_FROM_PTR(self);
}

static void mp_machine_uart_deinit(machine_uart_obj_t *self) {
    if (!is_console(self) && self->open) {
        uart_close(self->port);
        self->open = false;
        MP_STATE_PORT(machine_uart1_rx) = NULL;
        MP_STATE_PORT(machine_uart1_tx) = NULL;
    }
}

void machine_uart_deinit_all(void) {
    mp_machine_uart_deinit(&uart_objects[1]);
}

static void check_open(const machine_uart_obj_t *self) {
    if (!self->open) {
        mp_raise_OSError(MP_ENODEV);
    }
}

static mp_int_t mp_machine_uart_any(machine_uart_obj_t *self) {
    check_open(self);
    return ring_used(&self->port->rx);
}

static bool mp_machine_uart_txdone(machine_uart_obj_t *self) {
    check_open(self);
    return uart_idle(self->port);
}

static void mp_machine_uart_sendbreak(machine_uart_obj_t *self) {
    check_open(self);
    uart_send_break(self->port);
}

// False once ms have passed since start.
static bool wait_until(uint32_t start, uint32_t ms) {
    uint32_t passed = mp_hal_ticks_ms() - start;
    if (passed >= ms) {
        return false;
    }
    mp_event_wait_ms(ms - passed);
    return true;
}

static mp_uint_t mp_machine_uart_read(mp_obj_t self_in, void *buf_in, mp_uint_t size, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    check_open(self);
    size_t done = 0;
    uint32_t start = mp_hal_ticks_ms();
    uint32_t limit = self->timeout;
    while (done < size) {
        size_t n = uart_read(self->port, (uint8_t *)buf_in + done, size - done);
        done += n;
        if (n != 0) {
            start = mp_hal_ticks_ms();
            limit = self->timeout_char;
        } else if (!wait_until(start, limit)) {
            break;
        }
    }
    if (done == 0 && size != 0) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return done;
}

static mp_uint_t mp_machine_uart_write(mp_obj_t self_in, const void *buf_in, mp_uint_t size, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    check_open(self);
    size_t done = uart_write(self->port, buf_in, size);
    uint32_t start = mp_hal_ticks_ms();
    while (done < size && wait_until(start, self->timeout)) {
        done += uart_write(self->port, (const uint8_t *)buf_in + done, size - done);
    }
    if (done == 0 && size != 0) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return done;
}

static mp_uint_t mp_machine_uart_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    check_open(self);
    if (request == MP_STREAM_POLL) {
        uintptr_t ready = 0;
        if ((arg & MP_STREAM_POLL_RD) && ring_used(&self->port->rx) != 0) {
            ready |= MP_STREAM_POLL_RD;
        }
        if ((arg & MP_STREAM_POLL_WR) && ring_free(&self->port->tx) != 0) {
            ready |= MP_STREAM_POLL_WR;
        }
        return ready;
    }
    if (request == MP_STREAM_FLUSH) {
        uart_drain(self->port);
        return 0;
    }
    *errcode = MP_EINVAL;
    return MP_STREAM_ERROR;
}
