// The port's part of machine.WDT; extmod/machine_wdt.c includes this file.
#include "hal/cc3220.h"
#include "hal/hal.h"

// The counter runs out twice before it resets, so it gets half the time.
#define CYCLES_PER_HALF_MS (CPU_HZ / 2000)
#define TIMEOUT_MIN_MS     (2)
#define TIMEOUT_MAX_MS     (UINT32_MAX / CYCLES_PER_HALF_MS)

struct _machine_wdt_obj_t {
    mp_obj_base_t base;
};

static const machine_wdt_obj_t wdt_object = {{&machine_wdt_type}};

static machine_wdt_obj_t *mp_machine_wdt_make_new_instance(mp_int_t id, mp_int_t timeout_ms) {
    if (id != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such watchdog"));
    }
    if (timeout_ms < TIMEOUT_MIN_MS || (mp_uint_t)timeout_ms > TIMEOUT_MAX_MS) {
        mp_raise_ValueError(MP_ERROR_TEXT("timeout out of range"));
    }
    if (!hal_clock_is_on(ARCM_WDT)) {
        hal_clock_on(ARCM_WDT);
    }
    WDT_LOCK = WDT_UNLOCK;
    WDT_LOAD = (uint32_t)timeout_ms * CYCLES_PER_HALF_MS;
    WDT_CTL |= WDT_CTL_ENABLE;
    return (machine_wdt_obj_t *)&wdt_object;
}

// Left unlocked: whether a locked one takes the write differs between sources.
static void mp_machine_wdt_feed(machine_wdt_obj_t *self) {
    (void)self;
    WDT_ICR = 1;
}
