# Python that is frozen into the firmware. Line numbers are left out (opt=3): they are a fifth of
# the bytecode, and a traceback still names the function.
import os

OPT = 3
LEFT_OUT = os.environ.get("LEFT_OUT", "").split()  # of this image: package/file
KEYWORDS = os.environ.get("FROZEN_KEYWORDS")  # folder with those of this image, if not all
if KEYWORDS:
    LEFT_OUT.append("atcore/_keywords.py")


def files(name, folder):
    """The files of a package that this image has."""
    base = os.path.join(folder, name)
    for path, _, found in sorted(os.walk(base)):
        for file in sorted(found):
            inside = os.path.relpath(os.path.join(path, file), base)
            if file.endswith(".py") and name + "/" + inside not in LEFT_OUT:
                yield inside


# Paths are relative to this file.
for name, folder in (("simplelink", "firmware/modules"), ("atcore", ".")):
    if os.path.isdir(os.path.join(folder, name)):
        package(name, files=files(name, folder), base_path=folder, opt=OPT)

if KEYWORDS:
    package("atcore", files=("_keywords.py",), base_path=KEYWORDS, opt=OPT)

TRIAL = os.environ.get("TRIAL_FOLDER")  # of tests: more modules of the same packages
if TRIAL:
    package("atcore", base_path=TRIAL, opt=OPT)

# For user programs; nothing of ours uses it.
if os.environ.get("FREEZE_ASYNCIO") == "1":
    include("$(MPY_DIR)/extmod/asyncio")
