// The port's part of module machine; extmod/modmachine.c includes this file.
#include "hal/hal.h"
#include "machine/pin.h"
#include "py/mphal.h"

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS                                                                     \
    {MP_ROM_QSTR(MP_QSTR_Pin), MP_ROM_PTR(&machine_pin_type)},                                               \
        {MP_ROM_QSTR(MP_QSTR_PWRON_RESET), MP_ROM_INT(HAL_RESET_POWER_ON)},                                  \
        {MP_ROM_QSTR(MP_QSTR_LPDS_RESET), MP_ROM_INT(HAL_RESET_LPDS)},                                       \
        {MP_ROM_QSTR(MP_QSTR_CORE_RESET), MP_ROM_INT(HAL_RESET_CORE)},                                       \
        {MP_ROM_QSTR(MP_QSTR_APPS_RESET), MP_ROM_INT(HAL_RESET_APPS)},                                       \
        {MP_ROM_QSTR(MP_QSTR_WDT_RESET), MP_ROM_INT(HAL_RESET_WATCHDOG)},                                    \
        {MP_ROM_QSTR(MP_QSTR_SOFT_MCU_RESET), MP_ROM_INT(HAL_RESET_SOFT_MCU)},                               \
        {MP_ROM_QSTR(MP_QSTR_SECURE_INIT_RESET), MP_ROM_INT(HAL_RESET_SECURE_INIT)},                         \
        {MP_ROM_QSTR(MP_QSTR_DEEPSLEEP_RESET), MP_ROM_INT(HAL_RESET_HIBERNATE)},

static mp_obj_t mp_machine_unique_id(void) {
    uint8_t id[20];
    hal_unique_id(id);
    return mp_obj_new_bytes(id, sizeof(id));
}

NORETURN static void mp_machine_reset(void) {
    hal_reset();
}

static mp_int_t mp_machine_reset_cause(void) {
    return hal_reset_cause();
}

// Nothing ticks here, so that a program that polls the time is woken by a timer.
static void mp_machine_idle(void) {
    mp_event_wait_ms(1);
}

static mp_obj_t mp_machine_get_freq(void) {
    return MP_OBJ_NEW_SMALL_INT(CPU_HZ);
}

static void mp_machine_set_freq(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    (void)args;
    mp_raise_ValueError(MP_ERROR_TEXT("the frequency is fixed"));
}

// Sleep between interrupts; the pins, the UARTs and the network processor stay awake.
static void mp_machine_lightsleep(size_t n_args, const mp_obj_t *args) {
    if (n_args == 0) {
        mp_event_wait_indefinite();
    } else {
        mp_hal_delay_ms(mp_obj_get_int(args[0]));
    }
}

NORETURN static void mp_machine_deepsleep(size_t n_args, const mp_obj_t *args) {
    hal_hibernate(n_args == 0 ? HAL_FOREVER : (uint32_t)mp_obj_get_int(args[0]));
}
