// Builds the Dockerfile of its argument in a span, and prints the id of the trace.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"

	slipway "slipway.dev/client"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
)

func main() {
	otel.SetTracerProvider(sdktrace.NewTracerProvider())
	otel.SetTextMapPropagator(propagation.TraceContext{})
	ctx := context.Background()
	client, err := slipway.Connect(ctx, slipway.WithDialOptions(grpc.WithStatsHandler(otelgrpc.NewClientHandler())))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, span := otel.Tracer("test").Start(ctx, "release")
	defer span.End()
	_, err = client.Build(ctx, &buildv1.BuildSpec{
		Builder:    "present",
		Context:    &buildv1.Context{Source: &buildv1.Context_Empty{Empty: &buildv1.EmptyContext{}}},
		Dockerfile: &buildv1.Dockerfile{Source: &buildv1.Dockerfile_Content{Content: []byte(os.Args[1])}},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(span.SpanContext().TraceID())
}
