"""The client under test of `slipway conformance client`: does one task, which it reads from stdin as JSON, and prints
what happens as lines of JSON. docs/conformance.md has the contract.

    slipway conformance client -- python client.py
"""

import base64
import io
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from google.protobuf.json_format import MessageToDict, ParseDict
from slipway.build.v1 import build_spec_pb2
from slipway.v1 import build_event_pb2, builder_pb2
from slipway_client import Client, SlipwayError, connect, pages


def run(client: Client, task: dict) -> dict:
    if task["command"] == "list-builders":
        seconds = task["timeoutMs"] / 1000 if "timeoutMs" in task else None
        list_builders = partial(client.builders.ListBuilders, timeout=seconds)
        found = pages(list_builders, builder_pb2.ListBuildersRequest())
        return {"result": {"builders": [builder.name for page in found for builder in page.builders]}}
    if task["command"] == "build":
        return build(client, task)
    return {"unsupported": f"There is no command {task['command']}."}


class Cancelled(Exception):
    pass


def build(client: Client, task: dict) -> dict:
    spec = ParseDict(task["spec"], build_spec_pb2.BuildSpec())
    if "folder" in task:
        spec.context.CopyFrom(client.local_context(task["folder"]))

    def cancel_at(event: build_event_pb2.BuildEvent) -> None:
        show(event)
        if event.sequence == task["cancelAt"]:
            raise Cancelled

    if "cancelAt" in task:
        try:
            return {"result": MessageToDict(client.build(spec, cancel_at))}
        except Cancelled:
            return {"canceled": True}

    build_id = client.start(spec)
    with ThreadPoolExecutor() as readers:
        reads = []

        def read_outputs(event: build_event_pb2.BuildEvent) -> None:
            show(event)
            if event.HasField("output_ready"):
                reads.append(readers.submit(read, client, build_id, event.output_ready.output))

        result = client.follow(build_id, read_outputs)
        for one in reads:
            one.result()
    return {"result": MessageToDict(result)}


def show(event: build_event_pb2.BuildEvent) -> None:
    put({"event": MessageToDict(event)})


def read(client: Client, build_id: str, output: int) -> None:
    content = io.BytesIO()
    client.read_output(build_id, output, content)
    put({"output": output, "data": base64.b64encode(content.getvalue()).decode()})


def describe(error: SlipwayError) -> dict:
    return {
        "code": error.code.name,
        "reason": error.reason,
        "message": error.message,
        "remedy": error.remedy,
        "fields": [vars(field) for field in error.fields],
        "metadata": error.metadata,
        "retryAfterMs": error.retry_after / timedelta(milliseconds=1) if error.retry_after else 0,
        "callId": error.call_id,
    }


printing = threading.Lock()


def put(line: dict) -> None:
    # Events and outputs are printed by several threads, and a file object of Python is not safe for that.
    with printing:
        print(json.dumps(line), flush=True)


def main() -> None:
    task = json.load(sys.stdin)
    try:
        with connect(required_capabilities=task.get("requiredCapabilities", ())) as client:
            put(run(client, task))
    except SlipwayError as error:
        put({"error": describe(error)})


if __name__ == "__main__":
    main()
