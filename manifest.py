# Python that is frozen into the firmware. Line numbers are left out (opt=3): they are a fifth of
# the bytecode, and a traceback still names the function.
import os

OPT = 3

# Paths are relative to this file.
for name, folder in (("simplelink", "firmware/modules"), ("atcore", ".")):
    if os.path.isdir(os.path.join(folder, name)):
        package(name, base_path=folder, opt=OPT)

# For user programs; nothing of ours uses it.
if os.environ.get("FREEZE_ASYNCIO") == "1":
    include("$(MPY_DIR)/extmod/asyncio")
