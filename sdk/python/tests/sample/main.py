"""A plugin for the tests of the SDK: a driver that builds by itself, with an image store."""

from builder import make_files
from server import SERVER
from slipway_driver import (
    CREATE_BUILDERS,
    BuildResult,
    Descriptor,
    EndpointUse,
    NativeDriver,
    NodeState,
    NodeStatus,
    Removal,
    serve,
)
from store import FOLDER, FolderStore


class Sample(NativeDriver):
    """A driver that only supports COPY. It has no state of nodes."""

    descriptor = Descriptor(
        name="sample",
        title="A driver that only copies",
        capabilities=[{"id": CREATE_BUILDERS}],
        endpoint={"use": EndpointUse.FORBIDDEN},
        environment_variables=[FOLDER, SERVER],
        native_build={"fields": ["secrets"], "outputs": ["tar", "local"]},
    )
    image_store = FolderStore()

    def bootstrap(self, config, boot):
        pass

    def inspect(self, config, call):
        return NodeStatus(state=NodeState.RUNNING, platforms=["linux/amd64"])

    def remove(self, config, call, options):
        return Removal()

    def check_build(self, config, check):
        for index, output in enumerate(check.spec.outputs):
            for name in output.attributes:
                field = f"outputs[{index}].attributes[{name}]"
                check.error(field, "ATTRIBUTE_UNSUPPORTED", f"The output has no attribute {name}.", "Leave it out.")

    def build(self, config, build):
        files = make_files(build)
        for index in range(len(build.spec.outputs)):
            with build.output(index) as writer:
                writer.write(files)
        return BuildResult(cache_only=not build.spec.outputs)


serve(Sample(), version="1.0.0")
