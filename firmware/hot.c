// What every attribute, global and keyword argument goes through, as one unit: the lookup of a name
// in a dictionary. MicroPython's own does everything else, and is mp_map_lookup_any() here.
#include "hot.h"

#include "py/objtype.h"
#include "py/qstr.c"

mp_map_elem_t *mp_map_lookup_any(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind);
#define mp_map_lookup mp_map_lookup_any
#include "py/map.c"
#undef mp_map_lookup

mp_map_elem_t *port_name_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind);

// Where a name was in a dictionary when it was last looked up. Hints: what is there is compared.
#ifndef MICROPY_HW_HINTS
#define MICROPY_HW_HINTS (2048)
#endif
#define HINTS          (MICROPY_HW_HINTS)
#define HINT(map, key) ((((uintptr_t)(map) >> 2) + ((uintptr_t)(key) >> 3) * 5) % HINTS)

static uint8_t hints[HINTS];

// Names that a dictionary does not have: most look-ups of a method (not in the instance) and of a
// built-in name (not in the module) end so, after a walk through a table that is full. True until
// the name is added or the dictionary is no more, which the collector decides: hot_collected().
#ifndef MICROPY_HW_ABSENTEES
#define MICROPY_HW_ABSENTEES (256)
#endif
#define ABSENTEES (MICROPY_HW_ABSENTEES)

static struct {
    const mp_map_t *map;
    mp_obj_t key;
} absent[ABSENTEES];

#define ABSENTEE(map, key) (&absent[HINT(map, key) % ABSENTEES])

void hot_reset(void) {
    memset(absent, 0, sizeof(absent));
}

static bool is_free(const void *ptr) {
    const mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    const uint8_t *at = ptr;
    if (at < area->gc_pool_start || at >= area->gc_pool_end) {
        return false;
    }
    size_t block = (at - area->gc_pool_start) / MICROPY_BYTES_PER_GC_BLOCK;
    return (area->gc_alloc_table_start[block / 4] >> 2 * (block % 4) & 3) == 0;
}

void hot_collected(void) {
    for (size_t i = 0; i < ABSENTEES; i++) {
        if (is_free(absent[i].map)) {
            absent[i].map = NULL;
        }
    }
}

static inline void set_hint(const mp_map_t *map, mp_obj_t key, size_t pos) {
    if (pos <= UINT8_MAX) {
        hints[HINT(map, key)] = (uint8_t)pos;
    }
}

static inline bool is_hint(const mp_map_t *map, mp_obj_t key, size_t pos) {
    return hints[HINT(map, key)] == pos;
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

static mp_map_elem_t *find_name(mp_map_t *map, mp_obj_t name) {
    if (!map->all_keys_are_qstrs) {
        return mp_map_lookup_any(map, name, MP_MAP_LOOKUP);
    }
    if (map->is_ordered) {
        return find_in_order(map, name);
    }
    return map->alloc == 0 ? NULL : find_by_hash(map, name);
}

// --- Adding a name: map.c searches once more for each of them when the table grows. The tables are alike ---

static inline mp_map_elem_t *take(mp_map_t *map, mp_map_elem_t *elem, mp_obj_t name) {
    elem->key = name;
    elem->value = MP_OBJ_NULL;
    map->used++;
    set_hint(map, name, elem - map->table);
    return elem;
}

static inline mp_map_elem_t *home(mp_map_t *map, mp_obj_t name) {
    return &map->table[name_hash(MP_OBJ_QSTR_VALUE(name)) % map->alloc];
}

// In a table that has room, no removed entries, and not this name.
static mp_map_elem_t *room_for(mp_map_t *map, mp_obj_t name) {
    mp_map_elem_t *elem = home(map, name);
    while (elem->key != MP_OBJ_NULL) {
        if (++elem == &map->table[map->alloc]) {
            elem = map->table;
        }
    }
    return elem;
}

// To such a table. A hint is only given if there was one: it would take the place of one that is wanted.
static inline void move(mp_map_t *map, const mp_map_elem_t *from, bool hint) {
    mp_map_elem_t *elem = room_for(map, from->key);
    *elem = *from;
    map->used++;
    if (hint) {
        set_hint(map, elem->key, elem - map->table);
    }
}

static void grow(mp_map_t *map) {
    mp_map_elem_t *before = map->table;
    size_t count = map->alloc;
    size_t alloc = get_hash_alloc_greater_or_equal_to(count + 1);
    map->table = m_new0(mp_map_elem_t, alloc); // as it was if this raises
    map->alloc = alloc;
    map->used = 0;
    for (size_t i = 0; i < count; i++) {
        if (before[i].key != MP_OBJ_NULL && before[i].key != MP_OBJ_SENTINEL) {
            move(map, &before[i], is_hint(map, before[i].key, i));
        }
    }
    m_del(mp_map_elem_t, before, count);
}

static mp_map_elem_t *find_or_add(mp_map_t *map, mp_obj_t name) {
    if (map->alloc != 0) {
        mp_map_elem_t *start = home(map, name);
        mp_map_elem_t *elem = start;
        mp_map_elem_t *room = NULL;
        do {
            if (elem->key == name) {
                set_hint(map, name, elem - map->table);
                return elem;
            }
            if (elem->key == MP_OBJ_NULL) {
                return take(map, room == NULL ? elem : room, name);
            }
            if (elem->key == MP_OBJ_SENTINEL && room == NULL) {
                room = elem;
            }
            if (++elem == &map->table[map->alloc]) {
                elem = map->table;
            }
        } while (elem != start);
        if (room != NULL) {
            return take(map, room, name);
        }
    }
    grow(map);
    return take(map, room_for(map, name), name);
}

// --- What dictionaries have to spare when they are complete: 1.2 KB behind the imports ---

#define TRIM_MAX (96) // names; no dictionary of ours is longer

static void trim(mp_map_t *map) {
    size_t used = map->used;
    size_t alloc = (used + used / 8 + 2) & ~1u; // what is free ends a search; a block holds two
    if (map->is_fixed || map->is_ordered || !map->all_keys_are_qstrs || used > TRIM_MAX ||
        alloc >= map->alloc) {
        return;
    }
    mp_map_elem_t kept[TRIM_MAX];
    bool known[TRIM_MAX];
    size_t n = 0;
    for (size_t i = 0; i < map->alloc; i++) {
        if (mp_map_slot_is_filled(map, i)) {
            known[n] = is_hint(map, map->table[i].key, i);
            kept[n++] = map->table[i];
        }
    }
    memset(map->table, 0, alloc * sizeof(mp_map_elem_t));
    map->alloc = alloc;
    map->used = 0;
    for (size_t i = 0; i < n; i++) {
        move(map, &kept[i], known[i]);
    }
    gc_realloc(map->table, alloc * sizeof(mp_map_elem_t), false); // a shorter one stays where it is
}

// The dictionaries of a module, and of the classes in it.
static void trim_module(mp_obj_module_t *module) {
    mp_map_t *globals = &module->globals->map;
    trim(globals);
    for (size_t i = 0; i < globals->alloc; i++) {
        if (mp_map_slot_is_filled(globals, i) && mp_obj_is_type(globals->table[i].value, &mp_type_type)) {
            const mp_obj_type_t *class = MP_OBJ_TO_PTR(globals->table[i].value);
            if ((class->flags & MP_TYPE_FLAG_INSTANCE_TYPE) && MP_OBJ_TYPE_HAS_SLOT(class, locals_dict)) {
                mp_obj_dict_t *members = MP_OBJ_TYPE_GET_SLOT(class, locals_dict);
                trim(&members->map);
            }
        }
    }
}

void hot_trim(void) {
    mp_map_t *loaded = &MP_STATE_VM(mp_loaded_modules_dict).map;
    for (size_t i = 0; i < loaded->alloc; i++) {
        mp_obj_t module = loaded->table[i].value; // none, if memory ran out while it was imported
        if (mp_map_slot_is_filled(loaded, i) && module != MP_OBJ_NULL &&
            mp_obj_is_type(module, &mp_type_module)) {
            trim_module(MP_OBJ_TO_PTR(module));
        }
    }
}

// --- The two ways in. What is usual comes first and is short enough to need no stack ---

static inline mp_map_elem_t *hinted(mp_map_t *map, mp_obj_t name) {
    size_t pos = hints[HINT(map, name)];
    mp_map_elem_t *elem = &map->table[pos];
    return pos < map->alloc && elem->key == name ? elem : NULL;
}

static MP_NOINLINE mp_map_elem_t *lookup_slowly(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind) {
    if (!mp_obj_is_qstr(index) || kind == MP_MAP_LOOKUP_REMOVE_IF_FOUND) {
        return mp_map_lookup_any(map, index, kind);
    }
    if (kind == MP_MAP_LOOKUP) {
        return find_name(map, index);
    }
    if (ABSENTEE(map, index)->map == map) {
        ABSENTEE(map, index)->map = NULL;
    }
    if (!map->all_keys_are_qstrs || map->is_ordered) {
        return mp_map_lookup_any(map, index, kind);
    }
    return find_or_add(map, index);
}

// Of any dictionary.
mp_map_elem_t *mp_map_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind) {
    if (kind != MP_MAP_LOOKUP_REMOVE_IF_FOUND) {
        mp_map_elem_t *elem = hinted(map, index);
        if (elem != NULL) {
            return elem;
        }
    }
    return lookup_slowly(map, index, kind);
}

static MP_NOINLINE mp_map_elem_t *name_slowly(mp_map_t *map, mp_obj_t name) {
    mp_map_elem_t *elem = find_name(map, name);
    if (elem == NULL) {
        ABSENTEE(map, name)->map = map;
        ABSENTEE(map, name)->key = name;
    }
    return elem;
}

// Of a name in the dictionary of an object, a class or a module: one that lives in flash or on the
// heap, until the collector takes it. The interpreter's own files call this (see the Makefile).
mp_map_elem_t *port_name_lookup(mp_map_t *map, mp_obj_t index, mp_map_lookup_kind_t kind) {
    if (kind != MP_MAP_LOOKUP) {
        return mp_map_lookup(map, index, kind);
    }
    mp_map_elem_t *elem = hinted(map, index);
    if (elem != NULL) {
        return elem;
    }
    if (ABSENTEE(map, index)->map == map && ABSENTEE(map, index)->key == index) {
        return NULL;
    }
    return name_slowly(map, index);
}

// --- Attributes of modules and instances: what runtime.c does for all types (mp_load_method_any() and so on,
// see
// --- the Makefile), shorter ---

void mp_load_method_any(mp_obj_t base, qstr attr, mp_obj_t *dest);
void mp_store_attr_any(mp_obj_t base, qstr attr, mp_obj_t value);

// An instance of a class without properties and descriptors, or NULL.
static inline mp_obj_instance_t *plain_instance(mp_obj_t obj) {
    if (!mp_obj_is_obj(obj)) {
        return NULL;
    }
    mp_obj_instance_t *self = MP_OBJ_TO_PTR(obj);
    uint16_t flags = self->base.type->flags;
    return (flags & (MP_TYPE_FLAG_INSTANCE_TYPE | MP_TYPE_FLAG_HAS_SPECIAL_ACCESSORS)) ==
                   MP_TYPE_FLAG_INSTANCE_TYPE
               ? self
               : NULL;
}

// Something of a module, or a method that is a Python function of the instance's own class; everything
// else the long way.
void mp_load_method(mp_obj_t base, qstr attr, mp_obj_t *dest) {
    mp_obj_instance_t *self = plain_instance(base);
    mp_obj_t name = MP_OBJ_NEW_QSTR(attr);
    if (mp_obj_is_type(base, &mp_type_module)) {
        mp_obj_module_t *module = MP_OBJ_TO_PTR(base);
        mp_map_elem_t *elem = port_name_lookup(&module->globals->map, name, MP_MAP_LOOKUP);
        if (elem != NULL && attr != MP_QSTR___class__) {
            dest[0] = elem->value;
            dest[1] = MP_OBJ_NULL;
            return;
        }
    } else if (self != NULL && attr != MP_QSTR___next__ && attr != MP_QSTR___class__ &&
               MP_OBJ_TYPE_HAS_SLOT(self->base.type, locals_dict) &&
               port_name_lookup(&self->members, name, MP_MAP_LOOKUP) == NULL) {
        mp_obj_dict_t *members = MP_OBJ_TYPE_GET_SLOT(self->base.type, locals_dict);
        mp_map_elem_t *elem = port_name_lookup(&members->map, name, MP_MAP_LOOKUP);
        if (elem != NULL && mp_obj_is_obj(elem->value)) {
            const mp_obj_base_t *member = MP_OBJ_TO_PTR(elem->value);
            if ((member->type->flags & (MP_TYPE_FLAG_BINDS_SELF | MP_TYPE_FLAG_BUILTIN_FUN)) ==
                MP_TYPE_FLAG_BINDS_SELF) {
                dest[0] = elem->value;
                dest[1] = base;
                return;
            }
        }
    }
    mp_load_method_any(base, attr, dest);
}

// To an attribute that is there.
void mp_store_attr(mp_obj_t base, qstr attr, mp_obj_t value) {
    mp_obj_instance_t *self = plain_instance(base);
    if (self != NULL && value != MP_OBJ_NULL) {
        mp_map_elem_t *elem = hinted(&self->members, MP_OBJ_NEW_QSTR(attr));
        if (elem != NULL) {
            elem->value = value;
            return;
        }
    }
    mp_store_attr_any(base, attr, value);
}
