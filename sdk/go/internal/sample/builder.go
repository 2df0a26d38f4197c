package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	"slipway.dev/driver"
)

func (sample) CheckBuild(_ context.Context, _ *driver.Config, check *driver.BuildCheck) {
	for index, output := range check.Spec.Outputs {
		for name := range output.Attributes {
			check.Errorf(fmt.Sprintf("outputs[%d].attributes[%s]", index, name), "ATTRIBUTE_UNSUPPORTED", "Leave it out.",
				"The output has no attribute %s.", name)
		}
	}
}

// Build makes the files that the Dockerfile copies from the context.
func (sample) Build(_ context.Context, _ *driver.Config, build *driver.Build) (*driver.BuildResult, error) {
	files := map[string][]byte{}
	for {
		uploaded, err := build.NextContext()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if err := readFiles(uploaded, files); err != nil {
			return nil, err
		}
	}
	var made bytes.Buffer
	archive := tar.NewWriter(&made)
	for number, line := range strings.Split(string(build.Spec.Dockerfile.GetContent()), "\n") {
		words := strings.Fields(line)
		if len(words) != 3 || words[0] != "COPY" {
			continue
		}
		step := &buildv1.Vertex{Id: fmt.Sprint(number), Name: line, StartTime: timestamppb.Now()}
		if err := build.Progress(&driver.BuildProgress{Vertexes: []*buildv1.Vertex{step}}); err != nil {
			return nil, err
		}
		content, found := files[words[1]]
		if !found {
			return nil, driver.BuildFailed{BuildError: &driver.BuildError{
				Reason: "FILE_NOT_FOUND", Code: int32(codes.NotFound), Vertex: step.Id,
				Message: fmt.Sprintf("The context has no file %s.", words[1]),
			}}
		}
		archive.WriteHeader(&tar.Header{Name: strings.TrimPrefix(words[2], "/"), Mode: 0o644, Size: int64(len(content))})
		archive.Write(content)
		step.EndTime = timestamppb.Now()
		if err := build.Progress(&driver.BuildProgress{Vertexes: []*buildv1.Vertex{step}}); err != nil {
			return nil, err
		}
	}
	archive.Close()
	for index := range build.Spec.Outputs {
		err := build.Output(index, func(writer io.Writer) error {
			_, err := writer.Write(made.Bytes())
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return &driver.BuildResult{CacheOnly: len(build.Spec.Outputs) == 0}, nil
}

func readFiles(context io.Reader, files map[string][]byte) error {
	archive := tar.NewReader(context)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			return err
		}
	}
}
