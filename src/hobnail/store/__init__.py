"""What outlives a run: images and their blobs, content-addressed and crash-safe (docs/store.md)."""

from hobnail.store.blobs import Blob, BlobWriter
from hobnail.store.images import Medium, Published, StoredImage
from hobnail.store.importing import Import
from hobnail.store.loaders import StoredLoader
from hobnail.store.store import Store
from hobnail.store.verification import ModuleOk, Problem

__all__ = [
    "Blob",
    "BlobWriter",
    "Import",
    "Medium",
    "ModuleOk",
    "Problem",
    "Published",
    "Store",
    "StoredImage",
    "StoredLoader",
]
