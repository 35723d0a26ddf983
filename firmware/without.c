// See without.h. What is here is called by nobody: tests/unit/image/test_small.py looks for who would.
#include "py/objstr.h"
#include "py/runtime.h"

mp_obj_t mp_obj_str_format(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    (void)n_args;
    (void)args;
    (void)kwargs;
    mp_raise_NotImplementedError(NULL);
}
