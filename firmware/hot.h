// What is to be done when memory of the heap changes owners.
#ifndef FIRMWARE_HOT_H
#define FIRMWARE_HOT_H

#include <stdbool.h>
#include <stddef.h>

// The heap is new.
void hot_reset(void);
void alloc_reset(void);

// The application is being imported; it has been.
void alloc_begin(void);
void alloc_begun(void);
void cc3220_static_reset(void);

// The modules that are there are complete, and nobody goes through a dictionary of one.
void hot_trim(void);

// The collector has run, and nothing was allocated since.
void hot_collected(void);
void alloc_collected(void);

// Memory at the top of the heap, for what is large, waits long and never grows. NULL: there is none.
void *alloc_high(size_t n_bytes);

// Bytes allocated since the collector has run, about: by so much what lives may be strewn.
extern size_t alloc_since;

// There was a collection since the start.
extern bool alloc_settled;

#endif
