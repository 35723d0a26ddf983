// Parts of the interpreter that no setting leaves out, and an image in RAM does not want: what is weak here
// is another one in without.c, and the linker drops it. Included in front of the interpreter's own files.
#pragma weak mp_obj_str_format
