#include "hal/console.h"
#include "link/link_port.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "repl.h"

// mp_handle_pending() runs one callback of those that are scheduled. The next must not wait for an interrupt
// that may never come; one that is scheduled behind this test has called hal_wake(), and hal_wait() knows.
void mp_hal_sleep(uint32_t ms) {
    if (!link_port_break()) {
        hal_wait(ms);
    }
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        uint32_t ms = repl_patience();
        uint8_t c;
        if (ms == 0) {
            return repl_way_out();
        }
        if (console_read_raw(&c, 1) != 0) {
            return repl_sees(c);
        }
        mp_event_wait_ms(ms);
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    size_t done = uart_write(&console, (const uint8_t *)str, len);
    while (done < len) {
        hal_wait(1000);
        done += uart_write(&console, (const uint8_t *)str + done, len - done);
    }
    return len;
}

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    uintptr_t ready = 0;
    if ((poll_flags & MP_STREAM_POLL_RD) && ring_used(&console.rx) != 0) {
        ready |= MP_STREAM_POLL_RD;
    }
    if ((poll_flags & MP_STREAM_POLL_WR) && ring_free(&console.tx) != 0) {
        ready |= MP_STREAM_POLL_WR;
    }
    return ready;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = hal_ticks_us_64() + (uint64_t)ms * 1000;
    mp_event_handle_nowait();
    for (;;) {
        uint64_t now = hal_ticks_us_64();
        if (now >= end) {
            return;
        }
        uint64_t left = (end - now + 999) / 1000;
        mp_event_wait_ms(left > INT32_MAX ? INT32_MAX : (mp_uint_t)left);
    }
}

uint32_t mp_hal_random_seed(void) {
    uint8_t id[20];
    hal_unique_id(id);
    uint32_t seed = HIB1P2_RTC_LSW_1P2 ^ hal_ticks_cpu();
    for (size_t i = 0; i < sizeof(id); i++) {
        seed = (seed ^ id[i]) * 16777619u;
    }
    return seed;
}

bool link_port_break(void) {
    return MP_STATE_THREAD(mp_pending_exception) != MP_OBJ_NULL ||
           MP_STATE_VM(sched_state) == MP_SCHED_PENDING;
}
