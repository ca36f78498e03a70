"""`hobnail write usb`: a stick that boots an image; or with `--raw`, one that holds a medium's own bytes."""

from collections.abc import Callable

from hobnail.app.device_target import DeviceTarget
from hobnail.app.write import Bootable, Wanted, bootable
from hobnail.store import Store
from hobnail.write.device_writer import HEAD, Job, Step, Written
from hobnail.write.disk_layout import disk_layout


def write_stick(
    store: Store, wanted: Wanted, target: DeviceTarget, report: Callable[[Step], None]
) -> tuple[Written, Bootable]:
    """Write an image to a stick and read it back; return that and what was written.

    UserError when the image cannot be written, or the device is too small or not agreed to; SystemFailure at a bad
    end.
    """
    device = target.device
    files = bootable(store, wanted, sector=device.sector_size)
    layout = disk_layout(files.contents, size=device.size, sector=device.sector_size, bios=files.bios)
    head, body = layout.split(HEAD)
    return target.write(Job(head, body, layout.written), layout.size, report), files
