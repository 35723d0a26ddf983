// MicroPython's view of the chip.
#ifndef CC3220_MPHALPORT_H
#define CC3220_MPHALPORT_H

#include "hal/cc3220.h"
#include "hal/hal.h"
#include "machine/pin.h"
#include "py/obj.h"

#define MICROPY_BEGIN_ATOMIC_SECTION()    irq_disable()
#define MICROPY_END_ATOMIC_SECTION(state) irq_restore(state)

// -1 waits for ever.
#define MICROPY_INTERNAL_WFE(timeout_ms) mp_hal_sleep((uint32_t)(timeout_ms))
void mp_hal_sleep(uint32_t ms);

static inline mp_uint_t mp_hal_ticks_ms(void) {
    return hal_ticks_ms();
}

static inline mp_uint_t mp_hal_ticks_us(void) {
    return hal_ticks_us();
}

static inline mp_uint_t mp_hal_ticks_cpu(void) {
    return hal_ticks_cpu();
}

static inline uint64_t mp_hal_time_ns(void) {
    return hal_ticks_us_64() * 1000;
}

static inline void mp_hal_delay_us(mp_uint_t us) {
    hal_delay_us(us);
}

#define mp_hal_ticks_ms      mp_hal_ticks_ms
#define mp_hal_ticks_us      mp_hal_ticks_us
#define mp_hal_ticks_cpu     mp_hal_ticks_cpu
#define mp_hal_time_ns       mp_hal_time_ns
#define mp_hal_delay_us      mp_hal_delay_us
#define mp_hal_delay_us_fast mp_hal_delay_us

void mp_hal_set_interrupt_char(int c);

#define MP_HAL_PIN_FMT               "%q"
#define mp_hal_pin_obj_t             const machine_pin_obj_t *
#define mp_hal_get_pin_obj(pin)      machine_pin_find(pin)
#define mp_hal_pin_name(pin)         ((pin)->name)
#define mp_hal_pin_read(pin)         machine_pin_read(pin)
#define mp_hal_pin_write(pin, value) machine_pin_write(pin, value)

#endif // CC3220_MPHALPORT_H
