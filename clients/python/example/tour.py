"""A tour of the API: negotiate, choose a builder by its features, build a folder with a secret and a build argument,
save the result as a tar archive, cancel a build, and list the build cache.

    python tour.py FOLDER OUT.tar
"""

import os
import sys
import threading

from slipway.v1 import build_event_pb2, build_spec_pb2, builder_pb2
from slipway_client import Client, SlipwayError, connect


def main(folder: str, archive: str) -> None:
    with connect(required_capabilities=["builds", "outputs.stream"]) as client:
        builder = choose_builder(client, "exporter.image")
        print("builder:", builder)
        spec = build_spec_pb2.BuildSpec(
            builder=builder,
            context=client.local_context(folder),
            build_args={"GREETING": "hello"},
            secrets=[build_spec_pb2.Secret(id="token", value=os.environ.get("TOKEN", "").encode())],
            outputs=[build_spec_pb2.Output(type="tar", stream=True)],
        )
        save(client, spec, archive)
        cancel_one(client, builder)
        usage = client.builders.GetDiskUsage(
            builder_pb2.GetDiskUsageRequest(builder=builder, environment=client.environment)
        )
        total = sum(record.size_bytes for record in usage.records)
        print(f"cache: {len(usage.records)} records, {total} bytes")


def choose_builder(client: Client, feature: str) -> str:
    """Returns the first builder with a running node that has a feature."""
    answer = client.builders.ListBuilders(
        builder_pb2.ListBuildersRequest(environment=client.environment, inspect=True)
    )
    for builder in answer.builders:
        for node in builder.nodes:
            if any(offered.id == feature and offered.supported for offered in node.status.features):
                return builder.name
    raise SystemExit(f"no builder has the feature {feature}")


def save(client: Client, spec: build_spec_pb2.BuildSpec, archive: str) -> None:
    """Builds, prints completed steps, and writes the streamed output to a file."""
    build_id = client.start(spec)
    with open(archive, "wb") as file:
        readers = []

        def show(event: build_event_pb2.BuildEvent) -> None:
            for vertex in event.progress.vertexes:
                if vertex.HasField("complete_time"):
                    print("step:", vertex.name)
            if event.HasField("output_ready"):
                arguments = (build_id, event.output_ready.output, file)
                readers.append(threading.Thread(target=client.read_output, args=arguments))
                readers[-1].start()

        client.follow(build_id, show)
        for reader in readers:
            reader.join()


class StopBuild(Exception):
    pass


def cancel_one(client: Client, builder: str) -> None:
    """Starts a long build, and cancels it when its step runs."""
    dockerfile = f"FROM {os.environ['BASE_IMAGE']}\nRUN sleep 300\n"
    spec = build_spec_pb2.BuildSpec(
        builder=builder,
        context=build_spec_pb2.Context(empty=True),
        dockerfile=build_spec_pb2.Dockerfile(content=dockerfile.encode()),
        outputs=[build_spec_pb2.Output(type="cacheonly")],
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
