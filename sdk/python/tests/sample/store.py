"""An image store: a folder with an OCI layout."""

import os

from layout import Layout, name_of
from server import SERVER, load_by_server, save_by_server
from slipway_driver import Code, DriverError, ImageStore, StoredImage, StoreDescription

FOLDER = "SAMPLE_STORE"
"""Variable with the folder of the store."""


class FolderStore(ImageStore):
    """The store that the variable names."""

    def describe(self, store, call):
        _folder_of(store)
        return StoreDescription(oci=True, description="A folder")

    def load(self, store, archive):
        folder = _folder_of(store)
        with archive.step("load", f"loading into {folder}"):
            if way := store.environment.get(SERVER):
                return load_by_server(way, folder, archive)
            return Layout(folder).load(archive)

    def save(self, store, names, archive):
        folder = _folder_of(store)
        if way := store.environment.get(SERVER):
            save_by_server(way, folder, names, archive)
        else:
            Layout(folder).save(names, archive)

    def find_layers(self, store, layers, call):
        layout = Layout(_folder_of(store))
        return [one for one in layers if layout.has(one.digest)]

    def push(self, store, push):
        Layout(_folder_of(store)).find([push.name])
        raise DriverError(Code.FAILED_PRECONDITION, "PUSH_UNSUPPORTED", "A folder does not push.")

    def list(self, store, name, call):
        layout = Layout(_folder_of(store))
        images = [one for one in layout.images() if name in ("", name_of(one), one["digest"])]
        return [StoredImage(id=one["digest"], names=[name_of(one)], size_bytes=one["size"]) for one in images]

    def remove(self, store, name, force, call):
        Layout(_folder_of(store)).change(
            lambda images: [one for one in images if name not in (name_of(one), one["digest"])]
        )


def _folder_of(store):
    folder = store.environment[FOLDER]
    if not os.path.isdir(folder):
        message = f"The store cannot be reached: there is no folder {folder}."
        raise DriverError(Code.UNAVAILABLE, "STORE_UNREACHABLE", message)
    return folder
