"""Network configuration: addresses, DHCP, DNS servers, stations of the access point (nwp-protocol
8.2).
"""

from .compat import const
from .device import get_setting, set_setting

# table: opcodes netcfg
_NETCFG_SET = const(0x8432)
_NETCFG_GET = const(0x8433)
# end
# table: errors SL_EZEROLEN
_SL_EZEROLEN = const(-2002)
# end


class NetCfg:
    """sl.netcfg"""

    def __init__(self, link):
        self.link = link
        self.option = 0  # option in the answer to the last get(): the mode of an address

    def set(self, id: int, option: int, data=b"") -> None:
        """Change a setting; addresses are u32 in host order."""
        set_setting(self.link, _NETCFG_SET, id, option, data)

    def get(self, id: int, size: int, option: int = 0):
        """Value of a setting, `size` bytes at most: a view good until the next request or wait."""
        found = get_setting(self.link, _NETCFG_GET, id, option, size, size)
        self.option = self.link.answer[4]
        return found
