// A tour of the API: negotiate, choose a builder by its features, build a folder with a secret and a build argument,
// save the result as a tar archive, cancel a build, and list the build cache.
//
//	go run ./example FOLDER OUT.tar
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"sync"

	slipway "slipway.dev/client"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: example FOLDER OUT.tar")
	}
	log.SetFlags(0)
	err := run(context.Background(), os.Args[1], os.Args[2])
	if known := slipway.AsError(err); known != nil {
		log.Fatalf("%s: %s", known.Reason, known)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, folder, archive string) error {
	client, err := slipway.Connect(ctx, slipway.WithRequired("builds", "outputs.stream"))
	if err != nil {
		return err
	}
	defer client.Close()

	builder, err := chooseBuilder(ctx, client, "exporter.image")
	if err != nil {
		return err
	}
	fmt.Println("builder:", builder)

	source, err := client.LocalContext(ctx, folder)
	if err != nil {
		return err
	}
	spec := &buildv1.BuildSpec{
		Builder:   builder,
		Context:   source,
		BuildArgs: map[string]string{"GREETING": "hello"},
		Secrets:   []*buildv1.Secret{{Id: "token", Value: []byte(os.Getenv("TOKEN"))}},
		Outputs: []*buildv1.Output{
			{Exporter: &buildv1.Output_Tar{Tar: &buildv1.TarOutput{}}, Destination: &buildv1.Output_Stream{Stream: &buildv1.StreamedOutput{}}},
		},
	}
	if err := save(ctx, client, spec, archive); err != nil {
		return err
	}
	if err := cancelOne(ctx, client, builder); err != nil {
		return err
	}

	usage := &slipwayv1.GetDiskUsageRequest{Builder: builder, Environment: client.Environment}
	var records int
	var total int64
	for page, err := range slipway.Pages(ctx, client.Builders.GetDiskUsage, usage) {
		if err != nil {
			return err
		}
		records += len(page.GetRecords())
		for _, record := range page.GetRecords() {
			total += record.GetSizeBytes()
		}
	}
	fmt.Printf("cache: %d records, %d bytes\n", records, total)
	return nil
}

// chooseBuilder returns the first builder with a running node that has a feature.
func chooseBuilder(ctx context.Context, client *slipway.Client, feature string) (string, error) {
	request := &slipwayv1.ListBuildersRequest{Environment: client.Environment, Inspect: true}
	for page, err := range slipway.Pages(ctx, client.Builders.ListBuilders, request) {
		if err != nil {
			return "", err
		}
		for _, builder := range page.GetBuilders() {
			if hasFeature(builder, feature) {
				return builder.GetName(), nil
			}
		}
	}
	return "", fmt.Errorf("no builder has the feature %s", feature)
}

func hasFeature(builder *slipwayv1.BuilderInstance, feature string) bool {
	for _, node := range builder.GetNodes() {
		for _, offered := range node.GetStatus().GetFeatures() {
			if offered.GetId() == feature && offered.GetSupported() {
				return true
			}
		}
	}
	return false
}

// save builds, prints completed steps, and writes the streamed output to a file.
func save(ctx context.Context, client *slipway.Client, spec *buildv1.BuildSpec, archive string) error {
	id, err := client.Start(ctx, spec)
	if err != nil {
		return err
	}
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	var reading sync.WaitGroup
	var readError error
	_, err = client.Follow(ctx, id, func(event *slipwayv1.BuildEvent) {
		for _, vertex := range event.GetProgress().GetVertexes() {
			if vertex.GetEndTime() != nil {
				fmt.Println("step:", vertex.GetName())
			}
		}
		if ready := event.GetOutputReady(); ready != nil {
			reading.Go(func() { readError = client.ReadOutput(ctx, id, ready.GetOutput(), file) })
		}
	})
	reading.Wait()
	return errors.Join(err, readError)
}

// cancelOne starts a long build, and cancels it when its step runs.
func cancelOne(ctx context.Context, client *slipway.Client, builder string) error {
	base := os.Getenv("BASE_IMAGE")
	dockerfile := fmt.Sprintf("FROM %s\nRUN sleep 300\n", base)
	building, stop := context.WithCancel(ctx)
	defer stop()
	_, err := client.Build(building, &buildv1.BuildSpec{
		Builder:    builder,
		Context:    &buildv1.Context{Source: &buildv1.Context_Empty{Empty: &buildv1.EmptyContext{}}},
		Dockerfile: &buildv1.Dockerfile{Source: &buildv1.Dockerfile_Content{Content: []byte(dockerfile)}},
		Outputs:    []*buildv1.Output{{Exporter: &buildv1.Output_CacheOnly{CacheOnly: &buildv1.CacheOnlyOutput{}}}},
		NoCache:    true,
	}, func(event *slipwayv1.BuildEvent) {
		for _, vertex := range event.GetProgress().GetVertexes() {
			if vertex.GetStartTime() != nil && vertex.GetName() == "[2/2] RUN sleep 300" {
				stop()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the build was not cancelled: %w", err)
	}
	fmt.Println("cancelled")
	return nil
}
