// The client under test of `slipway conformance client`: does one task, which it reads from stdin as JSON, and prints
// what happens as lines of JSON. docs/conformance.md has the contract.
//
//	slipway conformance client -- go run ./conformance
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	slipway "slipway.dev/client"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

type task struct {
	Command              string          `json:"command"`
	RequiredCapabilities []string        `json:"requiredCapabilities"`
	Spec                 json.RawMessage `json:"spec"`
	Folder               string          `json:"folder"`
	CancelAt             int64           `json:"cancelAt"`
	TimeoutMs            int64           `json:"timeoutMs"`
}

func main() {
	var given task
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatal(err)
	}
	result, err := run(context.Background(), given)
	switch {
	case errors.Is(err, context.Canceled):
		print(map[string]any{"canceled": true})
	case err != nil:
		print(map[string]any{"error": describe(err)})
	default:
		print(result)
	}
}

func run(ctx context.Context, given task) (map[string]any, error) {
	client, err := slipway.Connect(ctx, slipway.WithRequired(given.RequiredCapabilities...))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	switch given.Command {
	case "list-builders":
		if given.TimeoutMs > 0 {
			limited, cancel := context.WithTimeout(ctx, time.Duration(given.TimeoutMs)*time.Millisecond)
			defer cancel()
			ctx = limited
		}
		names := []string{}
		for page, err := range slipway.Pages(ctx, client.Builders.ListBuilders, &slipwayv1.ListBuildersRequest{}) {
			if err != nil {
				return nil, err
			}
			for _, builder := range page.GetBuilders() {
				names = append(names, builder.GetName())
			}
		}
		return map[string]any{"result": map[string]any{"builders": names}}, nil
	case "build":
		return build(ctx, client, given)
	default:
		return map[string]any{"unsupported": "There is no command " + given.Command + "."}, nil
	}
}

func build(ctx context.Context, client *slipway.Client, given task) (map[string]any, error) {
	spec := &buildv1.BuildSpec{}
	err := protojson.Unmarshal(given.Spec, spec)
	if err == nil && given.Folder != "" {
		spec.Context, err = client.LocalContext(ctx, given.Folder)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reading sync.WaitGroup
	var readError error
	var id string
	onEvent := func(event *slipwayv1.BuildEvent) {
		print(map[string]any{"event": toJSON(event)})
		if ready := event.GetOutputReady(); ready != nil {
			reading.Go(func() {
				var content bytes.Buffer
				if readError = client.ReadOutput(ctx, id, ready.GetOutput(), &content); readError == nil {
					print(map[string]any{"output": ready.GetOutput(), "data": content.Bytes()})
				}
			})
		}
		if event.GetSequence() == given.CancelAt {
			cancel()
		}
	}
	if given.CancelAt > 0 {
		result, err := client.Build(ctx, spec, onEvent)
		return map[string]any{"result": toJSON(result)}, err
	}
	if id, err = client.Start(ctx, spec); err != nil {
		return nil, err
	}
	result, err := client.Follow(ctx, id, onEvent)
	reading.Wait()
	return map[string]any{"result": toJSON(result)}, errors.Join(err, readError)
}

func describe(err error) map[string]any {
	known := slipway.AsError(err)
	if known == nil {
		known = &slipway.Error{Code: codes.Unknown, Message: err.Error()}
	}
	fields := []map[string]string{}
	for _, each := range known.Fields {
		fields = append(fields, map[string]string{
			"field": each.Field, "reason": each.Reason, "message": each.Message, "remedy": each.Remedy,
		})
	}
	return map[string]any{
		"code": codeName(known.Code), "reason": known.Reason, "message": known.Message, "remedy": known.Remedy,
		"fields": fields, "metadata": known.Metadata, "retryAfterMs": known.RetryAfter.Milliseconds(),
		"callId": known.CallID,
	}
}

// codeName returns "NOT_FOUND" for codes.NotFound.
func codeName(code codes.Code) string {
	var name strings.Builder
	for at, letter := range code.String() {
		if at > 0 && unicode.IsUpper(letter) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(letter))
	}
	return name.String()
}

func toJSON(message proto.Message) json.RawMessage {
	text, err := protojson.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	return text
}

var printing sync.Mutex

func print(line map[string]any) {
	printing.Lock()
	defer printing.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		log.Fatal(err)
	}
}
