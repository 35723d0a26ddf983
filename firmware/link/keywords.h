// Keyword tables packed as tools/cc32at/gen/keywords.py says: one object in flash, tables by name,
// each with the keywords' spelling and value.
#ifndef FIRMWARE_LINK_KEYWORDS_H
#define FIRMWARE_LINK_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which style a keyword is printed in; one that is read only is never printed.
typedef enum { KEYWORD_BOTH, KEYWORD_ALIAS, KEYWORD_GUIDE, KEYWORD_TI } keyword_kind_t;

// A place in a table: what keywords_next() looks at next.
typedef struct _keywords_t {
    const uint8_t *at;
    const uint8_t *end;
    uint8_t width;
} keywords_t;

typedef struct _keyword_t {
    keyword_kind_t kind;
    const uint8_t *text;
    size_t len;
    uint32_t value;
} keyword_t;

#define KEYWORDS_EMPTY   (-1) // a mask has an empty member
#define KEYWORDS_UNKNOWN (-4) // a mask has an unknown member

// Finds a table; false if there is none of that name.
bool keywords_open(const uint8_t *tables, size_t len, const uint8_t *name, size_t name_len,
                   keywords_t *table);

// The next keyword; false at the end.
bool keywords_next(keywords_t *table, keyword_t *keyword);

// The value of a keyword in any case; false if the table lacks it.
bool keywords_find(keywords_t table, const uint8_t *text, size_t len, uint32_t *value);

// The keyword to print for a value; false if there is none.
bool keywords_name(keywords_t table, uint32_t value, bool ti, keyword_t *keyword);

// The keyword to tell for a value to who asks what there is: that which is printed, or else the other
// style's; false if there is none.
bool keywords_tell(keywords_t table, uint32_t value, bool ti, keyword_t *keyword);

// The bits of `a|b|c`, with or without brackets; 0, KEYWORDS_EMPTY or KEYWORDS_UNKNOWN.
int keywords_mask(keywords_t table, const uint8_t *text, size_t len, uint32_t *bits);

// Prints a keyword, in style ti in lower case. `out` has room for keyword->len.
void keywords_copy(uint8_t *out, const keyword_t *keyword, bool ti);

// Prints a mask as `a|b`, ascending; bits without a name follow as one 0x number. Returns the
// length, which is counted on although nothing is written beyond `room`.
size_t keywords_put_mask(keywords_t table, uint32_t bits, bool ti, uint8_t *out, size_t room);

#endif
