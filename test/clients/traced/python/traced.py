"""Builds the Dockerfile of its argument in a span, and prints the id of the trace."""

import sys

from opentelemetry import trace
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient
from opentelemetry.sdk.trace import TracerProvider
from slipway.build.v1.build_spec_pb2 import BuildSpec
from slipway.build.v1.context_pb2 import Context, Dockerfile, EmptyContext
from slipway_client import connect

trace.set_tracer_provider(TracerProvider())
GrpcInstrumentorClient().instrument()
with connect() as client, trace.get_tracer("test").start_as_current_span("release") as span:
    client.build(
        BuildSpec(
            builder="present",
            context=Context(empty=EmptyContext()),
            dockerfile=Dockerfile(content=sys.argv[1].encode()),
        )
    )
    print(trace.format_trace_id(span.get_span_context().trace_id))
