// cc3220.chapters: what chapters there are, their windows, and whether what was read is theirs.
#include <string.h>

#include "py/runtime.h"

#if MICROPY_HW_CHAPTERS

#include "chapters.h"
#include "py/objfun.h"
#include "py/objmodule.h"

// The beginning of MicroPython's mp_obj_gen_instance_t (py/objgenerator.c).
typedef struct _coroutine_t {
    mp_obj_base_t base;
    mp_obj_t pend_exc;
    mp_code_state_t code_state;
} coroutine_t;

extern uint8_t _window_a_start[], _window_a_end[], _window_b_start[], _window_b_end[];

static uint8_t *const windows[CHAPTER_WINDOWS][2] = {
    {_window_a_start, _window_a_end},
    {_window_b_start, _window_b_end},
};

// What is in each window, and may run.
static const chapter_t *loaded[CHAPTER_WINDOWS];

void chapters_reset(void) {
    memset(loaded, 0, sizeof(loaded));
}

const mp_frozen_module_t *chapters_content(const char *file) {
    for (size_t w = 0; w < CHAPTER_WINDOWS; w++) {
        for (size_t i = 0; loaded[w] != NULL && i < loaded[w]->n_modules; i++) {
            if (strcmp(loaded[w]->modules[i].file, file) == 0) {
                return loaded[w]->modules[i].content;
            }
        }
    }
    return NULL;
}

static size_t get_index(mp_obj_t index, size_t n) {
    mp_int_t i = mp_obj_get_int(index);
    if (i < 0 || (size_t)i >= n) {
        mp_raise_type(&mp_type_IndexError);
    }
    return i;
}

static const chapter_t *get_chapter(mp_obj_t index) {
    return &chapters_table[get_index(index, chapters_n)];
}

static size_t size_of(const chapter_t *chapter) {
    return chapter->end - chapter->start;
}

// (name): the number of a chapter of this name, or -1.
static mp_obj_t chapters_find(mp_obj_t name_in) {
    size_t len;
    const char *name = mp_obj_str_get_data(name_in, &len);
    for (size_t i = 0; i < chapters_n; i++) {
        if (strlen(chapters_table[i].name) == len && memcmp(chapters_table[i].name, name, len) == 0) {
            return MP_OBJ_NEW_SMALL_INT(i);
        }
    }
    return MP_OBJ_NEW_SMALL_INT(-1);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_find_obj, chapters_find);

// (): how many there are.
static mp_obj_t chapters_count(void) {
    return MP_OBJ_NEW_SMALL_INT(chapters_n);
}
static MP_DEFINE_CONST_FUN_OBJ_0(chapters_count_obj, chapters_count);

// (number): which window a chapter is for.
static mp_obj_t chapters_window(mp_obj_t index) {
    return MP_OBJ_NEW_SMALL_INT(get_chapter(index)->window);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_window_obj, chapters_window);

// (number): what its modules are called in their packages.
static mp_obj_t chapters_modules(mp_obj_t index) {
    const chapter_t *chapter = get_chapter(index);
    mp_obj_tuple_t *leaves = MP_OBJ_TO_PTR(mp_obj_new_tuple(chapter->n_modules, NULL));
    for (size_t i = 0; i < chapter->n_modules; i++) {
        leaves->items[i] = MP_OBJ_NEW_QSTR(chapter->modules[i].leaf);
    }
    return MP_OBJ_FROM_PTR(leaves);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_modules_obj, chapters_modules);

// (number): where a chapter begins in the file.
static mp_obj_t chapters_offset(mp_obj_t index) {
    size_t number = get_index(index, chapters_n);
    size_t at = CHAPTERS_INDEX + CHAPTERS_ROW * chapters_n;
    for (size_t i = 0; i <= number; i++) {
        at = (at + CHAPTERS_ALIGN - 1) / CHAPTERS_ALIGN * CHAPTERS_ALIGN;
        if (i < number) {
            at += size_of(&chapters_table[i]);
        }
    }
    return MP_OBJ_NEW_SMALL_INT(at);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_offset_obj, chapters_offset);

// (number): the memory that a chapter is read into. Nothing of what was there may be in use any more.
static mp_obj_t chapters_room(mp_obj_t index) {
    const chapter_t *chapter = get_chapter(index);
    return mp_obj_new_bytearray_by_ref(size_of(chapter), windows[chapter->window][0]);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_room_obj, chapters_room);

// (head): whether a file that begins so was made with this image.
static mp_obj_t chapters_fits(mp_obj_t head_in) {
    mp_buffer_info_t head;
    mp_get_buffer_raise(head_in, &head, MP_BUFFER_READ);
    const uint8_t *bytes = head.buf;
    return mp_obj_new_bool(head.len >= CHAPTERS_INDEX && memcmp(bytes, CHAPTERS_MAGIC, 4) == 0 &&
                           memcmp(bytes + 8, chapters_sums.image, SHA256_SIZE) == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_fits_obj, chapters_fits);

// (number): whether what was read into its room is the chapter that was built. From then on it can be
// imported.
static mp_obj_t chapters_enter(mp_obj_t index) {
    const chapter_t *chapter = get_chapter(index);
    const uint8_t *start = windows[chapter->window][0];
    uint8_t digest[SHA256_SIZE];
    sha256(start, size_of(chapter), digest);
    bool right = memcmp(digest, chapters_sums.chapters[chapter - chapters_table], SHA256_SIZE) == 0;
    loaded[chapter->window] = right ? chapter : NULL;
    return mp_obj_new_bool(right);
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_enter_obj, chapters_enter);

// (number): the keyword tables of a chapter that was entered.
static mp_obj_t chapters_words(mp_obj_t index) {
    const chapter_t *chapter = get_chapter(index);
    return loaded[chapter->window] == chapter ? MP_OBJ_FROM_PTR(chapter->words) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_words_obj, chapters_words);

static void remove_key(mp_map_t *map, qstr key) {
    mp_map_lookup(map, MP_OBJ_NEW_QSTR(key), MP_MAP_LOOKUP_REMOVE_IF_FOUND);
}

// A module is known to the interpreter by its full name, and is an attribute of its package.
static void forget_module(const chapter_module_t *module) {
    mp_map_t *modules = &MP_STATE_VM(mp_loaded_modules_dict).map;
    mp_map_elem_t *package = mp_map_lookup(modules, MP_OBJ_NEW_QSTR(module->package), MP_MAP_LOOKUP);
    if (package != NULL && mp_obj_is_type(package->value, &mp_type_module)) {
        remove_key(&((mp_obj_module_t *)MP_OBJ_TO_PTR(package->value))->globals->map, module->leaf);
    }
    remove_key(modules, module->name);
}

// (window): nothing that is in it is there any more, and none of its modules.
static mp_obj_t chapters_leave(mp_obj_t window) {
    size_t w = get_index(window, CHAPTER_WINDOWS);
    for (size_t i = 0; loaded[w] != NULL && i < loaded[w]->n_modules; i++) {
        forget_module(&loaded[w]->modules[i]);
    }
    loaded[w] = NULL;
#if MICROPY_HW_CHAPTERS_STRICT
    // Whoever still uses it is found out at once.
    memset(windows[w][0], 0xff, windows[w][1] - windows[w][0]);
#endif
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(chapters_leave_obj, chapters_leave);

// (window, object): whether a constant lies there, or the code of a coroutine that has begun.
static mp_obj_t chapters_holds(mp_obj_t window, mp_obj_t object) {
    size_t w = get_index(window, CHAPTER_WINDOWS);
    if (!mp_obj_is_obj(object)) {
        return mp_const_false;
    }
    const uint8_t *at = MP_OBJ_TO_PTR(object);
    if (mp_obj_is_type(object, &mp_type_gen_instance)) {
        at = ((const coroutine_t *)at)->code_state.fun_bc->bytecode;
    }
    return mp_obj_new_bool(windows[w][0] <= at && at < windows[w][1]);
}
static MP_DEFINE_CONST_FUN_OBJ_2(chapters_holds_obj, chapters_holds);

static const mp_rom_map_elem_t chapters_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_chapters)},
    {MP_ROM_QSTR(MP_QSTR_find), MP_ROM_PTR(&chapters_find_obj)},
    {MP_ROM_QSTR(MP_QSTR_count), MP_ROM_PTR(&chapters_count_obj)},
    {MP_ROM_QSTR(MP_QSTR_window), MP_ROM_PTR(&chapters_window_obj)},
    {MP_ROM_QSTR(MP_QSTR_modules), MP_ROM_PTR(&chapters_modules_obj)},
    {MP_ROM_QSTR(MP_QSTR_offset), MP_ROM_PTR(&chapters_offset_obj)},
    {MP_ROM_QSTR(MP_QSTR_room), MP_ROM_PTR(&chapters_room_obj)},
    {MP_ROM_QSTR(MP_QSTR_fits), MP_ROM_PTR(&chapters_fits_obj)},
    {MP_ROM_QSTR(MP_QSTR_enter), MP_ROM_PTR(&chapters_enter_obj)},
    {MP_ROM_QSTR(MP_QSTR_words), MP_ROM_PTR(&chapters_words_obj)},
    {MP_ROM_QSTR(MP_QSTR_leave), MP_ROM_PTR(&chapters_leave_obj)},
    {MP_ROM_QSTR(MP_QSTR_holds), MP_ROM_PTR(&chapters_holds_obj)},
    // What was built to find mistakes: nothing stays in a window for longer than it is used.
    {MP_ROM_QSTR(MP_QSTR_STRICT), MP_ROM_INT(MICROPY_HW_CHAPTERS_STRICT)},
};
static MP_DEFINE_CONST_DICT(chapters_globals, chapters_globals_table);

const mp_obj_module_t chapters_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&chapters_globals,
};

#endif
