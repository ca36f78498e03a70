"""NFS datastores, and where the host keeps its scratch files."""

from hobnail.errors import UserError
from hobnail.profile.overlay.member import STICKY, Member
from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.overlay.values import Record


def part(request: Request) -> Part:
    """Records of the stores. The scratch location is a file, which is read at boot only (KB 1033696)."""
    settings = request.settings
    records: list[Record] = [
        ("nfs", store.label, store.server, store.share, "yes" if store.read_only else "no", store.version)
        for store in settings.nfs
    ]
    members = (_locker(settings.scratch),) if settings.scratch else ()
    return Part(members, tuple(records))


def _locker(path: str) -> Member:
    """One line: the path, then whether swap goes there too, which we leave off (VMware's stateless scripts)."""
    if not path.startswith("/") or not path.isprintable() or " " in path:
        raise UserError(
            f"{path!r} is no place for scratch files",
            where="scratch",
            next_step="write /vmfs/volumes/STORE/FOLDER, without blanks",
        )
    return Member("etc/vmware/locker.conf", f"{path} 0\n".encode(), STICKY | 0o644, own=True)
