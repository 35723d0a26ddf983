// What every attribute, global and keyword argument goes through, as one unit: the lookup of a name
// in a dictionary. MicroPython's own does everything else, and is mp_map_lookup_any() here.
#include "py/qstr.c"

mp_map_elem_t *mp_map_lookup_any(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind);
#define mp_map_lookup mp_map_lookup_any
#include "py/map.c"
#undef mp_map_lookup

// Where a name was in a dictionary when it was last looked up. Hints: what is there is compared.
#define HINTS          (1024)
#define HINT(map, key) ((((uintptr_t)(map) >> 2) + ((uintptr_t)(key) >> 3)) % HINTS)

static uint8_t hints[HINTS];

static inline void set_hint(const mp_map_t *map, mp_obj_t key, size_t pos) {
    if (pos <= UINT8_MAX) {
        hints[HINT(map, key)] = (uint8_t)pos;
    }
}

// The hash of a name, without a walk through the pools for the names in flash.
static inline size_t name_hash(qstr name) {
    const qstr_pool_t *frozen = &MICROPY_QSTR_EXTRA_POOL;
    if (name - frozen->total_prev_len < frozen->len) {
        return frozen->hashes[name - frozen->total_prev_len];
    }
    if (name - MP_QSTRnumber_of_static < MP_QSTRnumber_of - MP_QSTRnumber_of_static) {
        return mp_qstr_const_hashes[name - MP_QSTRnumber_of_static];
    }
    return qstr_hash(name);
}

static mp_map_elem_t *find_in_order(mp_map_t *map, mp_obj_t name) {
    mp_map_elem_t *end = map->table + map->used;
    for (mp_map_elem_t *elem = map->table; elem < end; elem++) {
        if (elem->key == name) {
            set_hint(map, name, elem - map->table);
            return elem;
        }
    }
    return NULL;
}

static mp_map_elem_t *find_by_hash(mp_map_t *map, mp_obj_t name) {
    size_t alloc = map->alloc;
    size_t start = name_hash(MP_OBJ_QSTR_VALUE(name)) % alloc;
    size_t pos = start;
    do {
        mp_map_elem_t *elem = &map->table[pos];
        if (elem->key == name) {
            set_hint(map, name, pos);
            return elem;
        }
        if (elem->key == MP_OBJ_NULL) {
            return NULL;
        }
        pos = pos + 1 == alloc ? 0 : pos + 1;
    } while (pos != start);
    return NULL;
}

mp_map_elem_t *mp_map_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind) {
    if (kind == MP_MAP_LOOKUP_REMOVE_IF_FOUND || !mp_obj_is_qstr(index)) {
        return mp_map_lookup_any(map, index, kind);
    }
    size_t pos = hints[HINT(map, index)];
    if (pos < map->alloc && map->table[pos].key == index) {
        return &map->table[pos];
    }
    if (kind != MP_MAP_LOOKUP || !map->all_keys_are_qstrs) {
        return mp_map_lookup_any(map, index, kind);
    }
    if (map->is_ordered) {
        return find_in_order(map, index);
    }
    return map->alloc == 0 ? NULL : find_by_hash(map, index);
}
