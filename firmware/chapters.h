// Chapters of Python that lie in the network processor's store and run in windows of the SRAM: linker
// overlays. The tables are made at build time (tools/cc32at/image/chapters.py).
#ifndef FIRMWARE_CHAPTERS_H
#define FIRMWARE_CHAPTERS_H

#include "link/sha256.h"
#include "py/bc.h"
#include "py/objmodule.h"
#include "py/objstr.h"

#define CHAPTERS_MAGIC  "ATCH"
#define CHAPTERS_INDEX  (40) // bytes before the index of the file
#define CHAPTERS_ROW    (32) // a row of it
#define CHAPTERS_ALIGN  (16) // of a chapter in the file
#define CHAPTER_WINDOWS (2)

// A frozen module of a chapter: the file it is known by, its full name, and what it is in its package.
typedef struct _chapter_module_t {
    const char *file;
    qstr_short_t name;
    qstr_short_t package;
    qstr_short_t leaf;
    const mp_frozen_module_t *content; // in the window
} chapter_module_t;

typedef struct _chapter_t {
    const char *name;
    uint8_t window;
    uint8_t n_modules;
    const chapter_module_t *modules;
    const mp_obj_str_t *words;  // in the window: its keyword tables
    const uint8_t *start, *end; // of what is stored; only the distance counts
} chapter_t;

extern const chapter_t chapters_table[];
extern const size_t chapters_n;

// Written once everything is linked: section .chapters.
typedef struct _chapters_sums_t {
    uint8_t image[SHA256_SIZE];
    uint8_t chapters[][SHA256_SIZE];
} chapters_sums_t;

extern const chapters_sums_t chapters_sums;

// A module by its frozen file, of a chapter that is in its window; or NULL.
const mp_frozen_module_t *chapters_content(const char *file);

void chapters_reset(void);

extern const mp_obj_module_t chapters_module;

#endif
