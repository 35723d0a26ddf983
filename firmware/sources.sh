#!/bin/sh
# sources.sh MPY_DIR LINKS BUILD...   put MicroPython's sources where make finds them
#
# make takes a blank for the end of a name, and anybody may have one in the path of this project
# or of MicroPython. So LINKS becomes a folder of links to what is in MPY_DIR, and all that the
# makefiles see of it. Its mpy-cross is a folder by itself: make runs there, and finds by `..`
# what it needs of LINKS and the way to its BUILD.
#
# LINKS and each BUILD say in their file `sources` of which sources they are; one that is of
# others is removed. Ends with 3 if there is no MicroPython in MPY_DIR.
set -eu
links=$2
[ -e "$1/py/mkenv.mk" ] || exit 3
mpy_dir=$(cd "$1" && pwd -P)
shift

for folder in "$@"; do
    [ "$(cat "$folder/sources" 2>/dev/null)" != "$mpy_dir" ] || continue
    if [ -e "$folder/sources" ]; then
        rm -rf "$folder"
    elif [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then
        echo "$folder holds something that was not built here; please move it away" >&2
        exit 1
    fi
    mkdir -p "$folder"
    if [ "$folder" = "$links" ]; then
        mkdir "$folder/mpy-cross"
        for path in "$mpy_dir"/* "$mpy_dir"/mpy-cross/*; do
            link=$folder/${path#"$mpy_dir"/}
            [ -e "$link" ] || ln -s "$path" "$link"
        done
    fi
    printf '%s\n' "$mpy_dir" >"$folder/sources"
done
