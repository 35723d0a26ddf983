// GPIO pins. The objects are generated from the board's pins.csv.
#ifndef CC3220_MACHINE_PIN_H
#define CC3220_MACHINE_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include "py/obj.h"

typedef struct _machine_pin_obj_t {
    mp_obj_base_t base;
    uint16_t name; // qstr: GPIOn
    uint8_t gpio;
    uint8_t pad;
    uint32_t port; // base address of the GPIO port
    uint8_t mask;
} machine_pin_obj_t;

#define MACHINE_PIN_PORTS (4) // those with interrupts

extern const mp_obj_type_t machine_pin_type;

// Generated.
extern const machine_pin_obj_t machine_pin_table[];
extern const uint8_t machine_pin_count;
extern const mp_obj_dict_t machine_pin_board_dict;

const machine_pin_obj_t *machine_pin_find(mp_obj_t id);
int machine_pin_read(const machine_pin_obj_t *pin);
void machine_pin_write(const machine_pin_obj_t *pin, bool value);
void machine_pin_deinit_all(void); // interrupts off, at the end of a session

void machine_uart_deinit_all(void); // UARTA1 closed: its rings are in the heap

#endif // CC3220_MACHINE_PIN_H
