"""Network configuration: addresses, DHCP, DNS servers, stations of the access point (nwp-protocol
8.2).
"""

from struct import pack_into

from .compat import const
from .device import value
from .errors import SlError

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
        link = self.link
        pack_into("<HHHH", link.args, 0, 0, id, option, len(data))
        link.call(_NETCFG_SET, link.args8, data)

    def get(self, id: int, size: int, option: int = 0):
        """Value of a setting, `size` bytes at most: a view good until the next request or wait."""
        if size <= 0:
            raise SlError(_SL_EZEROLEN)
        link = self.link
        pack_into("<HHHH", link.args, 0, 0, id, option, size)
        n = link.request(_NETCFG_GET, link.args8, head=8)
        self.option = link.answer[4]
        return value(link, n, size)
