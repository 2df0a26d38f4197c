"""A build: the files that a Dockerfile copies from the context."""

import io
import tarfile

from slipway_driver import BuildError, BuildFailed, BuildProgress, Code


def make_files(build) -> bytes:
    """A tar archive with the files of a build."""
    files = {}
    for context in build.contexts():
        with tarfile.open(fileobj=context, mode="r|") as archive:
            for entry in archive:
                if entry.isfile():
                    files[entry.name] = archive.extractfile(entry).read()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for number, line in enumerate(build.spec.dockerfile.content.decode().splitlines()):
            if not line.startswith("COPY "):
                continue
            step = {"id": str(number), "name": line}
            build.progress(BuildProgress(vertexes=[step]))
            _, source, target = line.split()
            if source not in files:
                message = f"The context has no file {source}."
                code = Code.NOT_FOUND.value[0]
                raise BuildFailed(BuildError(reason="FILE_NOT_FOUND", code=code, message=message, vertex=step["id"]))
            entry = tarfile.TarInfo(target.lstrip("/"))
            entry.size = len(files[source])
            archive.addfile(entry, io.BytesIO(files[source]))
    return made.getvalue()
