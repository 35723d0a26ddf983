"""What the driver keeps on the heap at rest: started, with nothing going on."""

from pathlib import Path

SOURCE = """
import gc
gc.collect()
before = gc.mem_alloc()
import simplelink
sl = simplelink.SimpleLink()
sl.run(sl.device.start())
gc.collect()
print(gc.mem_alloc() - before)
"""


def measure(elf: Path) -> int:
    """Bytes, in an interpreter that has imported nothing before."""
    from cc32at.bench.prompt import Prompt

    prompt = Prompt(elf)
    try:
        prompt.soft_reset()
        return int(prompt.run(SOURCE))
    finally:
        prompt.close()
