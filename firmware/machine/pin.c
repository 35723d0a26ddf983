#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modmachine.h"
#include "extmod/virtpin.h"

enum { PIN_IN, PIN_OUT, PIN_OPEN_DRAIN };
enum { PIN_PULL_UP = 1, PIN_PULL_DOWN = 2 };
enum { PIN_RISING = 1, PIN_FALLING = 2 };

static inline uint8_t port_index(const machine_pin_obj_t *pin) {
    return pin->gpio / 8;
}

static void port_clock_on(const machine_pin_obj_t *pin) {
    uint32_t arcm = ARCM_GPIO_A0 + 8 * port_index(pin);
    if (!hal_clock_is_on(arcm)) {
        hal_clock_on(arcm);
    }
}

int machine_pin_read(const machine_pin_obj_t *pin) {
    port_clock_on(pin);
    return GPIO_DATA(pin->port, pin->mask) != 0;
}

void machine_pin_write(const machine_pin_obj_t *pin, bool value) {
    port_clock_on(pin);
    GPIO_DATA(pin->port, pin->mask) = value ? 0xFF : 0;
}

static const machine_pin_obj_t *find_number(mp_int_t gpio) {
    for (size_t i = 0; i < machine_pin_count; i++) {
        if (machine_pin_table[i].gpio == gpio) {
            return &machine_pin_table[i];
        }
    }
    return NULL;
}

static const machine_pin_obj_t *find_name(mp_obj_t name) {
    qstr q = mp_obj_str_get_qstr(name);
    for (size_t i = 0; i < machine_pin_count; i++) {
        if (machine_pin_table[i].name == q) {
            return &machine_pin_table[i];
        }
    }
    mp_map_elem_t *elem =
        mp_map_lookup((mp_map_t *)&machine_pin_board_dict.map, MP_OBJ_NEW_QSTR(q), MP_MAP_LOOKUP);
    return elem == NULL ? NULL : MP_OBJ_TO_PTR(elem->value);
}

// By object, by GPIO number, by GPIO name or by what the board calls it.
const machine_pin_obj_t *machine_pin_find(mp_obj_t id) {
    if (mp_obj_is_type(id, &machine_pin_type)) {
        return MP_OBJ_TO_PTR(id);
    }
    const machine_pin_obj_t *pin = mp_obj_is_str(id) ? find_name(id) : find_number(mp_obj_get_int(id));
    if (pin == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such pin"));
    }
    return pin;
}

static void pin_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const machine_pin_obj_t *pin = MP_OBJ_TO_PTR(self_in);
    port_clock_on(pin);
    uint32_t config = PAD_CONFIG(pin->pad);
    qstr mode = MP_QSTR_IN;
    if (GPIO_DIR(pin->port) & pin->mask) {
        mode = config & PAD_OPEN_DRAIN ? MP_QSTR_OPEN_DRAIN : MP_QSTR_OUT;
    }
    mp_printf(print, "Pin(%q, %q)", (qstr)pin->name, mode);
}

static void configure(const machine_pin_obj_t *pin, mp_int_t mode, mp_int_t pull) {
    uint32_t config = mode == PIN_IN ? PAD_DRIVE_2MA : PAD_DRIVE_6MA;
    if (mode == PIN_OPEN_DRAIN) {
        config |= PAD_OPEN_DRAIN;
    }
    if (pull & PIN_PULL_UP) {
        config |= PAD_PULL_UP;
    }
    if (pull & PIN_PULL_DOWN) {
        config |= PAD_PULL_DOWN;
    }
    uint32_t state = irq_disable();
    if (mode == PIN_IN) {
        GPIO_DIR(pin->port) &= ~(uint32_t)pin->mask;
    } else {
        GPIO_DIR(pin->port) |= pin->mask;
    }
    irq_restore(state);
    hal_pad(pin->pad, config);
}

static void init_helper(const machine_pin_obj_t *pin, size_t n_args, const mp_obj_t *pos_args,
                        mp_map_t *kw_args) {
    enum { ARG_mode, ARG_pull, ARG_value };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_mode, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_pull, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_value, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    port_clock_on(pin);
    // The level first: an output then begins with it.
    if (args[ARG_value].u_obj != mp_const_none) {
        machine_pin_write(pin, mp_obj_is_true(args[ARG_value].u_obj));
    }
    if (args[ARG_mode].u_int >= 0) {
        mp_obj_t pull = args[ARG_pull].u_obj;
        configure(pin, args[ARG_mode].u_int, pull == mp_const_none ? 0 : mp_obj_get_int(pull));
    }
}

mp_obj_t mp_pin_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    const machine_pin_obj_t *pin = machine_pin_find(args[0]);
    if (n_args > 1 || n_kw > 0) {
        mp_map_t kw_args;
        mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
        init_helper(pin, n_args - 1, args + 1, &kw_args);
    }
    return MP_OBJ_FROM_PTR(pin);
}

static mp_obj_t pin_init(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    init_helper(MP_OBJ_TO_PTR(args[0]), n_args - 1, args + 1, kw_args);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pin_init_obj, 1, pin_init);

static mp_obj_t pin_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    const machine_pin_obj_t *pin = MP_OBJ_TO_PTR(self_in);
    if (n_args == 0) {
        return MP_OBJ_NEW_SMALL_INT(machine_pin_read(pin));
    }
    machine_pin_write(pin, mp_obj_is_true(args[0]));
    return mp_const_none;
}

static mp_obj_t pin_value(size_t n_args, const mp_obj_t *args) {
    return pin_call(args[0], n_args - 1, 0, args + 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pin_value_obj, 1, 2, pin_value);

static mp_obj_t pin_on(mp_obj_t self_in) {
    machine_pin_write(MP_OBJ_TO_PTR(self_in), true);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(pin_on_obj, pin_on);

static mp_obj_t pin_off(mp_obj_t self_in) {
    machine_pin_write(MP_OBJ_TO_PTR(self_in), false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(pin_off_obj, pin_off);

static mp_obj_t pin_toggle(mp_obj_t self_in) {
    const machine_pin_obj_t *pin = MP_OBJ_TO_PTR(self_in);
    machine_pin_write(pin, !machine_pin_read(pin));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(pin_toggle_obj, pin_toggle);

// --- Interrupts: the handler runs soon after, from the scheduler ---

MP_REGISTER_ROOT_POINTER(mp_obj_t machine_pin_handlers[32]);

static void port_interrupt(unsigned int port) {
    uint32_t base = GPIO_BASE(port);
    uint32_t status = GPIO_MIS(base);
    GPIO_ICR(base) = status;
    for (unsigned int bit = 0; bit < 8; bit++) {
        mp_obj_t handler = MP_STATE_PORT(machine_pin_handlers)[8 * port + bit];
        if ((status & (1u << bit)) && handler != MP_OBJ_NULL && handler != mp_const_none) {
            mp_sched_schedule(handler, MP_OBJ_FROM_PTR(find_number(8 * port + bit)));
        }
    }
    hal_wake();
}

void GpioA0_Handler(void) {
    port_interrupt(0);
}

void GpioA1_Handler(void) {
    port_interrupt(1);
}

void GpioA2_Handler(void) {
    port_interrupt(2);
}

void GpioA3_Handler(void) {
    port_interrupt(3);
}

static void set_trigger(const machine_pin_obj_t *pin, mp_int_t trigger) {
    uint32_t base = pin->port;
    uint32_t mask = pin->mask;
    uint32_t state = irq_disable();
    GPIO_IM(base) &= ~mask;
    GPIO_IS(base) &= ~mask;
    GPIO_IBE(base) = (GPIO_IBE(base) & ~mask) | (trigger == (PIN_RISING | PIN_FALLING) ? mask : 0);
    GPIO_IEV(base) = (GPIO_IEV(base) & ~mask) | (trigger & PIN_RISING ? mask : 0);
    GPIO_ICR(base) = mask;
    GPIO_IM(base) |= mask;
    irq_restore(state);
}

// irq(handler=None, trigger=IRQ_RISING | IRQ_FALLING): handler(pin), None takes it away.
static mp_obj_t pin_irq(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_handler, ARG_trigger };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_handler, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_trigger, MP_ARG_INT, {.u_int = PIN_RISING | PIN_FALLING}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    const machine_pin_obj_t *pin = MP_OBJ_TO_PTR(pos_args[0]);
    if (port_index(pin) >= MACHINE_PIN_PORTS) {
        mp_raise_ValueError(MP_ERROR_TEXT("no interrupt on this pin"));
    }
    mp_obj_t handler = args[ARG_handler].u_obj;
    port_clock_on(pin);
    GPIO_IM(pin->port) &= ~(uint32_t)pin->mask;
    MP_STATE_PORT(machine_pin_handlers)[pin->gpio] = handler;
    if (handler != mp_const_none) {
        set_trigger(pin, args[ARG_trigger].u_int);
        irq_enable_line(IRQ_GPIO_A0 + port_index(pin), IRQ_PRIO_PIN);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pin_irq_obj, 1, pin_irq);

void machine_pin_deinit_all(void) {
    for (unsigned int port = 0; port < MACHINE_PIN_PORTS; port++) {
        if (hal_clock_is_on(ARCM_GPIO_A0 + 8 * port)) {
            GPIO_IM(GPIO_BASE(port)) = 0;
        }
    }
    memset(MP_STATE_PORT(machine_pin_handlers), 0, sizeof(MP_STATE_PORT(machine_pin_handlers)));
}

static mp_uint_t pin_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    (void)errcode;
    const machine_pin_obj_t *pin = MP_OBJ_TO_PTR(self_in);
    switch (request) {
        case MP_PIN_READ:
            return machine_pin_read(pin);
        case MP_PIN_WRITE:
            machine_pin_write(pin, arg != 0);
            return 0;
        default:
            return -1;
    }
}

static MP_DEFINE_CONST_OBJ_TYPE(pin_board_type, MP_QSTR_board, MP_TYPE_FLAG_NONE, locals_dict,
                                &machine_pin_board_dict);

static const mp_rom_map_elem_t pin_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&pin_init_obj)},
    {MP_ROM_QSTR(MP_QSTR_value), MP_ROM_PTR(&pin_value_obj)},
    {MP_ROM_QSTR(MP_QSTR_on), MP_ROM_PTR(&pin_on_obj)},
    {MP_ROM_QSTR(MP_QSTR_off), MP_ROM_PTR(&pin_off_obj)},
    {MP_ROM_QSTR(MP_QSTR_toggle), MP_ROM_PTR(&pin_toggle_obj)},
    {MP_ROM_QSTR(MP_QSTR_irq), MP_ROM_PTR(&pin_irq_obj)},
    {MP_ROM_QSTR(MP_QSTR_board), MP_ROM_PTR(&pin_board_type)},
    {MP_ROM_QSTR(MP_QSTR_IN), MP_ROM_INT(PIN_IN)},
    {MP_ROM_QSTR(MP_QSTR_OUT), MP_ROM_INT(PIN_OUT)},
    {MP_ROM_QSTR(MP_QSTR_OPEN_DRAIN), MP_ROM_INT(PIN_OPEN_DRAIN)},
    {MP_ROM_QSTR(MP_QSTR_PULL_UP), MP_ROM_INT(PIN_PULL_UP)},
    {MP_ROM_QSTR(MP_QSTR_PULL_DOWN), MP_ROM_INT(PIN_PULL_DOWN)},
    {MP_ROM_QSTR(MP_QSTR_IRQ_RISING), MP_ROM_INT(PIN_RISING)},
    {MP_ROM_QSTR(MP_QSTR_IRQ_FALLING), MP_ROM_INT(PIN_FALLING)},
};
static MP_DEFINE_CONST_DICT(pin_locals_dict, pin_locals_table);

static const mp_pin_p_t pin_protocol = {
    .ioctl = pin_ioctl,
};

MP_DEFINE_CONST_OBJ_TYPE(machine_pin_type, MP_QSTR_Pin, MP_TYPE_FLAG_NONE, make_new, mp_pin_make_new, print,
                         pin_print, call, pin_call, protocol, &pin_protocol, locals_dict, &pin_locals_dict);
