"""Which devices change when one is written: what stands on it, and what a loop device is another name of."""

from collections.abc import Iterator

from hobnail.system.block_devices import BlockDevice, Kind, Machine

Way = tuple[BlockDevice, ...]


def touched_by(machine: Machine, device: BlockDevice) -> Iterator[Way]:
    """Yield a way to each device whose bytes change when this one is written, itself first, none twice.

    That is what stands on it; and of a loop device the device that it is made of, other loop devices on the same
    file, and what stands on these. Of a disk below whose partition the loop is made of, its own uses count alone.
    """
    seen: set[str] = set()
    for way, alone in _below(machine, device):
        ups = ((way[-1],),) if alone else machine.standing_on(way[-1])
        for up in ups:
            if up[-1].name not in seen:
                seen.add(up[-1].name)
                yield (*way, *up[1:])


def _below(machine: Machine, device: BlockDevice) -> Iterator[tuple[Way, bool]]:
    """Yield the ways down through loop devices, and to twins; and whether a device counts without what is on it."""
    way: Way = (device,)
    while True:
        last = way[-1]
        yield way, bool(way[1:]) and way[-2].part_of == last.name
        for name in last.twins:
            yield (*way, machine.devices[name]), False
        down = last.slaves if last.kind is Kind.LOOP else (last.part_of,) if last.part_of and way[1:] else ()
        below = machine.devices.get(down[0]) if down else None
        if below is None or below in way:
            return
        way = (*way, below)
