"""What outlives a run: images and their blobs, content-addressed and crash-safe (docs/store.md)."""

from hobnail.store.blobs import Blob, BlobWriter
from hobnail.store.configuration import Applied, Configurations, Revision
from hobnail.store.images import Medium, Published, StoredImage
from hobnail.store.importing import Import
from hobnail.store.loaders import StoredLoader
from hobnail.store.machines import SeenMachine
from hobnail.store.store import Store
from hobnail.store.verification import ModuleOk, Problem

__all__ = [
    "Applied",
    "Blob",
    "BlobWriter",
    "Configurations",
    "Import",
    "Medium",
    "ModuleOk",
    "Problem",
    "Published",
    "Revision",
    "SeenMachine",
    "Store",
    "StoredImage",
    "StoredLoader",
]
