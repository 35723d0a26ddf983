// Short cuts for what imports do. At boot they would otherwise cost more than the modules' own code.
#include <string.h>

#include "chapters.h"

#include "py/builtin.h"
#include "py/emitglue.h"
#include "py/frozenmod.h"
#include "py/objmodule.h"
#include "py/runtime.h"

// --- Full names of modules. Each is looked for about five times, in all the names there are ---

#define RECENT (61) // no power of two: by the lowest bits of their hashes `atcore.x` and `x` are alike

extern const qstr_pool_t MICROPY_QSTR_EXTRA_POOL;

static uint16_t recent[RECENT]; // names in flash, by their hash

static void remember(qstr name) {
    if (name < MICROPY_QSTR_EXTRA_POOL.total_prev_len + MICROPY_QSTR_EXTRA_POOL.len) {
        recent[qstr_hash(name) % RECENT] = (uint16_t)name;
    }
}

static qstr find_name(const char *str, size_t len) {
    qstr last = recent[qstr_compute_hash((const byte *)str, len) % RECENT];
    size_t found_len = 0;
    const byte *found = last == MP_QSTRnull ? NULL : qstr_data(last, &found_len);
    if (found != NULL && found_len == len && memcmp(found, str, len) == 0) {
        return last;
    }
    qstr name = qstr_find_strn(str, len);
    remember(name);
    return name;
}

qstr port_module_name(const char *str, size_t len);

// qstr_from_strn()
qstr port_module_name(const char *str, size_t len) {
    qstr name = find_name(str, len);
    return name == MP_QSTRnull ? qstr_from_strn(str, len) : name;
}

// --- Modules that are there already, and built-in ones ---

static mp_obj_t find_loaded(qstr name) {
    mp_map_t *loaded = &MP_STATE_VM(mp_loaded_modules_dict).map;
    mp_map_elem_t *elem = mp_map_lookup(loaded, MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
    return elem == NULL ? MP_OBJ_NULL : elem->value;
}

// The name that a relative import means, MP_QSTRnull if nothing of that name was ever loaded.
static qstr absolute_name(mp_int_t level, qstr name) {
    mp_map_t *globals = &mp_globals_get()->map;
    mp_map_elem_t *module = mp_map_lookup(globals, MP_OBJ_NEW_QSTR(MP_QSTR___name__), MP_MAP_LOOKUP);
    if (module == NULL || !mp_obj_is_qstr(module->value)) {
        return MP_QSTRnull;
    }
    if (mp_map_lookup(globals, MP_OBJ_NEW_QSTR(MP_QSTR___path__), MP_MAP_LOOKUP) != NULL) {
        level--; // a package is its own first level
    }
    char path[MICROPY_ALLOC_PATH_MAX];
    size_t len;
    const char *from = (const char *)qstr_data(MP_OBJ_QSTR_VALUE(module->value), &len);
    for (; level > 0 && len > 0; level--) {
        do {
            len--;
        } while (len > 0 && from[len] != '.');
    }
    size_t name_len;
    const char *rest = (const char *)qstr_data(name, &name_len);
    if (len == 0 || len + name_len + 1 > sizeof(path)) {
        return MP_QSTRnull;
    }
    memcpy(path, from, len);
    if (name_len != 0) {
        path[len++] = '.';
        memcpy(path + len, rest, name_len);
        len += name_len;
    }
    return find_name(path, len);
}

// __import__(name, globals, locals, fromlist, level). The stock one takes a dotted name apart and
// interns every piece of it. A built-in module comes before a frozen one of the same name here.
mp_obj_t port_import(size_t n_args, const mp_obj_t *args) {
    mp_int_t level = n_args < 5 ? 0 : MP_OBJ_SMALL_INT_VALUE(args[4]);
    if (!mp_obj_is_qstr(args[0])) {
        return mp_builtin___import___default(n_args, args);
    }
    qstr name = MP_OBJ_QSTR_VALUE(args[0]);
    bool leaf = n_args >= 4 && args[3] != mp_const_none;
    mp_obj_t module = MP_OBJ_NULL;
    if (level > 0) {
        qstr absolute = leaf ? absolute_name(level, name) : MP_QSTRnull;
        if (absolute != MP_QSTRnull) {
            module = find_loaded(absolute);
        }
    } else if (leaf || strchr(qstr_str(name), '.') == NULL) {
        module = find_loaded(name);
        for (int extensible = 0; module == MP_OBJ_NULL && extensible < 2; extensible++) {
            module = mp_module_get_builtin(name, extensible);
        }
    }
    if (module != MP_OBJ_NULL) {
        return module;
    }
    remember(name); // or the stock one would search for its letters, 1,400 instructions
    return mp_builtin___import___default(n_args, args);
}

// --- Class bodies: a dictionary that starts empty is rebuilt seven times on its way to 16 names ---

#define CLASS_NAMES (10)

mp_obj_t port_new_class_dict(size_t n_args);

mp_obj_t port_new_class_dict(size_t n_args) {
    return mp_obj_new_dict(n_args == 0 ? CLASS_NAMES : n_args);
}

// --- Names of frozen modules. The stock search compares every name in turn, twice a module. The
// --- linker puts this one in its place ---

#ifndef MICROPY_HW_NAMES_MAX
#define MICROPY_HW_NAMES_MAX (160)
#endif
#define NAMES_MAX (MICROPY_HW_NAMES_MAX)
#define PACKAGE   "/__init__.py"

extern const char mp_frozen_names[];
extern const mp_frozen_module_t *const mp_frozen_mpy_content[];

mp_import_stat_t __wrap_mp_find_frozen_module(const char *str, int *frozen_type, void **data);
mp_import_stat_t __real_mp_find_frozen_module(const char *str, int *frozen_type, void **data);

// Filled at the first use, in the order of the names.
static uint32_t signatures[NAMES_MAX];
static uint16_t offsets[NAMES_MAX];
static size_t names;

// A name's index + 1 at its signature, or behind; 0: no more. A search walks some 60 names without that.
#define SLOTS (256)

static uint8_t slots[SLOTS];

static uint32_t add_to_hash(uint32_t hash, const char *str, size_t len) {
    for (size_t i = 0; i < len; i++) {
        hash = hash * 33 + (uint8_t)str[i];
    }
    return hash;
}

static void fill(void) {
    for (const char *name = mp_frozen_names; *name != '\0' && names < NAMES_MAX; names++) {
        size_t len = strlen(name);
        signatures[names] = add_to_hash(0, name, len);
        offsets[names] = (uint16_t)(name - mp_frozen_names);
        size_t slot = signatures[names] % SLOTS;
        while (slots[slot] != 0) {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = (uint8_t)(names + 1);
        name += len + 1;
    }
}

static const char *name_at(size_t index) {
    return mp_frozen_names + offsets[index];
}

static size_t find(uint32_t signature) {
    for (size_t slot = signature % SLOTS; slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        if (signatures[slots[slot] - 1] == signature) {
            return slots[slot] - 1;
        }
    }
    return names;
}

mp_import_stat_t __wrap_mp_find_frozen_module(const char *str, int *frozen_type, void **data) {
    if (names == 0) {
        fill();
    }
    if (names == NAMES_MAX) {
        // Too many for the table: the slow way is right as well.
        return __real_mp_find_frozen_module(str, frozen_type, data);
    }
    if (frozen_type != NULL) {
        *frozen_type = MP_FROZEN_NONE;
    }
    size_t len = strlen(str);
    uint32_t hash = add_to_hash(0, str, len);
    size_t file = find(hash);
    if (file < names && strcmp(name_at(file), str) == 0) {
        const mp_frozen_module_t *content = mp_frozen_mpy_content[file];
#if MICROPY_HW_CHAPTERS
        if (content == NULL) { // of a chapter
            content = chapters_content(str);
        }
        if (content == NULL) {
            return MP_IMPORT_STAT_NO_EXIST;
        }
#endif
        if (frozen_type != NULL) {
            *frozen_type = MP_FROZEN_MPY;
            *data = (void *)content;
        }
        return MP_IMPORT_STAT_FILE;
    }
    // A folder is what has an __init__.py.
    size_t init = find(add_to_hash(hash, PACKAGE, sizeof(PACKAGE) - 1));
    if (init < names) {
        const char *name = name_at(init);
        if (strncmp(name, str, len) == 0 && strcmp(name + len, PACKAGE) == 0) {
            return MP_IMPORT_STAT_DIR;
        }
    }
    return MP_IMPORT_STAT_NO_EXIST;
}
