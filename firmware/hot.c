// What every attribute, global and keyword argument goes through, as one unit: the lookup of a name
// then has the name's hash without a call.
#include "py/qstr.c"
#include "py/map.c"
