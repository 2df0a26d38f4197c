"""A tour of the API: negotiate, choose a builder by its features, build a folder with a secret and a build argument,
save the result as a tar archive, cancel a build, and list the build cache.

    python tour.py FOLDER OUT.tar
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from slipway.build.v1 import build_spec_pb2, context_pb2, output_pb2
from slipway.v1 import build_event_pb2, builder_pb2
from slipway_client import Client, SlipwayError, connect, pages


def main(folder: str, archive: str) -> None:
    with connect(required_capabilities=["builds", "outputs.stream"]) as client:
        builder = choose_builder(client, "exporter.image")
        print("builder:", builder)
        spec = build_spec_pb2.BuildSpec(
            builder=builder,
            context=client.local_context(folder),
            build_args={"GREETING": "hello"},
            secrets=[build_spec_pb2.Secret(id="token", value=os.environ.get("TOKEN", "").encode())],
            outputs=[output_pb2.Output(tar={}, stream={})],
        )
        save(client, spec, archive)
        cancel_one(client, builder)
        usage = builder_pb2.GetDiskUsageRequest(builder=builder, environment=client.environment)
        sizes = [
            record.size_bytes
            for page in pages(client.builders.GetDiskUsage, usage)
            for record in page.records
        ]
        print(f"cache: {len(sizes)} records, {sum(sizes)} bytes")


def choose_builder(client: Client, feature: str) -> str:
    """Returns the first builder with a running node that has a feature."""
    request = builder_pb2.ListBuildersRequest(environment=client.environment, inspect=True)
    for page in pages(client.builders.ListBuilders, request):
        for builder in page.builders:
            features = [offered for node in builder.nodes for offered in node.status.features]
            if any(offered.id == feature and offered.supported for offered in features):
                return builder.name
    raise SystemExit(f"no builder has the feature {feature}")


def save(client: Client, spec: build_spec_pb2.BuildSpec, archive: str) -> None:
    """Builds, prints completed steps, and writes the streamed output to a file."""
    build_id = client.start(spec)
    with open(archive, "wb") as file, ThreadPoolExecutor() as readers:
        reads = []

        def show(event: build_event_pb2.BuildEvent) -> None:
            for vertex in event.progress.vertexes:
                if vertex.HasField("end_time"):
                    print("step:", vertex.name)
            if event.HasField("output_ready"):
                reads.append(readers.submit(client.read_output, build_id, event.output_ready.output, file))

        client.follow(build_id, show)
        for read in reads:
            read.result()


class StopBuild(Exception):
    pass


def cancel_one(client: Client, builder: str) -> None:
    """Starts a long build, and cancels it when its step runs."""
    dockerfile = f"FROM {os.environ['BASE_IMAGE']}\nRUN sleep 300\n"
    spec = build_spec_pb2.BuildSpec(
        builder=builder,
        context=context_pb2.Context(empty={}),
        dockerfile=context_pb2.Dockerfile(content=dockerfile.encode()),
        outputs=[output_pb2.Output(cache_only={})],
        no_cache=True,
    )

    def stop_at_step(event: build_event_pb2.BuildEvent) -> None:
        for vertex in event.progress.vertexes:
            if vertex.HasField("start_time") and vertex.name == "[2/2] RUN sleep 300":
                raise StopBuild

    try:
        client.build(spec, stop_at_step)
    except StopBuild:
        print("cancelled")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: tour.py FOLDER OUT.tar")
    try:
        main(sys.argv[1], sys.argv[2])
    except SlipwayError as error:
        sys.exit(f"{error.reason}: {error}")
