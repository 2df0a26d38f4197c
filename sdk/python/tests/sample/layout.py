"""A folder with an OCI layout."""

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
import threading

from slipway_driver import Code, DriverError

_NAME = "io.containerd.image.name"

_changing = threading.Lock()


def name_of(image):
    """The name of an image, given by its descriptor."""
    return image["annotations"][_NAME]


class Layout:
    """Images by names and ids, and their blobs."""

    def __init__(self, folder):
        self._folder = folder
        self._index = os.path.join(folder, "index.json")

    def images(self):
        """The descriptors of the images."""
        if not os.path.exists(self._index):
            return []
        with open(self._index) as file:
            return json.load(file)["manifests"]

    def change(self, change):
        """Replaces the images by what a function makes of them."""
        with _changing:
            index = {"schemaVersion": 2, "manifests": change(self.images())}
            with open(f"{self._index}.new", "w") as file:
                json.dump(index, file)
            os.rename(f"{self._index}.new", self._index)

    def find(self, names):
        """The descriptors of images, by names or ids."""
        found = []
        for name in names:
            images = [one for one in self.images() if name in (name_of(one), one["digest"])]
            if not images:
                raise DriverError(Code.NOT_FOUND, "IMAGE_NOT_FOUND", f"There is no image {name}.")
            found += images
        return found

    def blob(self, digest):
        """The path of a blob."""
        return os.path.join(self._folder, "blobs", digest.replace(":", "/"))

    def has(self, digest):
        """Whether a blob is there."""
        return bool(re.fullmatch("sha256:[0-9a-f]{64}", digest)) and os.path.exists(self.blob(digest))

    def load(self, archive):
        """Imports an archive, first the blobs and in the end the names; returns the names."""
        try:
            loaded = self._unpack(archive)
            blobs = [digest for image in loaded for digest in self._blobs_of(image)]
        except (tarfile.TarError, ValueError, KeyError, FileNotFoundError) as error:
            raise invalid(error) from error
        if not loaded or not all(map(self.has, blobs)):
            raise invalid("it has no image, or not all blobs")
        names = [name_of(one) for one in loaded]
        self.change(lambda images: [one for one in images if name_of(one) not in names] + loaded)
        return names

    def save(self, names, file):
        """Writes images as an archive."""
        images = self.find(names)
        texts = {
            "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
            "index.json": json.dumps({"schemaVersion": 2, "manifests": images}).encode(),
        }
        with tarfile.open(fileobj=file, mode="w|") as archive:
            for name, text in texts.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
            for digest in dict.fromkeys(digest for image in images for digest in self._blobs_of(image)):
                archive.add(self.blob(digest), f"blobs/{digest.replace(':', '/')}")

    def _unpack(self, archive):
        """Stores the blobs of an archive, and returns the descriptors of its images."""
        images = []
        with tarfile.open(fileobj=archive, mode="r|") as entries:
            for entry in entries:
                if entry.name == "index.json":
                    images = json.load(entries.extractfile(entry))["manifests"]
                elif entry.name.startswith("blobs/sha256/"):
                    self._put("sha256:" + os.path.basename(entry.name), entries.extractfile(entry))
        archive.read()  # Whether the archive ends well.
        return images

    def _put(self, digest, content):
        """Stores a blob if its content has the digest."""
        os.makedirs(os.path.dirname(self.blob(digest)), exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            try:
                actual = hashlib.sha256()
                while data := content.read(1 << 18):
                    actual.update(data)
                    file.write(data)
                if digest != f"sha256:{actual.hexdigest()}":
                    raise ValueError(f"the blob {digest} has another digest")
                os.rename(file.name, self.blob(digest))
            except BaseException:
                os.unlink(file.name)
                raise

    def _blobs_of(self, image):
        with open(self.blob(image["digest"])) as file:
            manifest = json.load(file)
        return [image["digest"], manifest["config"]["digest"], *(one["digest"] for one in manifest["layers"])]


def invalid(cause):
    """The error of an archive that cannot be loaded."""
    return DriverError(Code.INVALID_ARGUMENT, "ARCHIVE_INVALID", f"The archive cannot be loaded: {cause}.")
