// What the interpreter's inner loop asks of nearly every object, without a call where the answer is at hand.
// The Makefile includes this in vm.c and runtime.c.
#include <stdarg.h> // first, or py/obj.h leaves out what takes a va_list

#include "py/obj.h"
#include "py/runtime.h"

static inline const mp_obj_type_t *port_get_type(mp_const_obj_t obj) {
    if (mp_obj_is_obj(obj)) {
        return ((const mp_obj_base_t *)MP_OBJ_TO_PTR(obj))->type;
    }
    return mp_obj_get_type(obj);
}

static inline bool port_is_true(mp_obj_t obj) {
    if (obj == mp_const_true) {
        return true;
    }
    return obj != mp_const_false && obj != mp_const_none && mp_obj_is_true(obj);
}

#define mp_obj_get_type port_get_type
#define mp_obj_is_true  port_is_true
