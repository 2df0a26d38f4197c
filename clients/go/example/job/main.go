// A job of a CI system that has no secret of the host: it exchanges the ID token that the system issues for the job, and
// exchanges the next one when its token ends.
//
//	SLIPWAY_HOST=https://… ID_TOKEN_FILE=… go run ./example/job FOLDER BUILDER
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	slipway "slipway.dev/client"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: job FOLDER BUILDER")
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

func run(ctx context.Context, folder, builder string) error {
	client, err := slipway.Connect(ctx, slipway.WithTokens(slipway.ExchangedTokens(idToken)))
	if err != nil {
		return err
	}
	defer client.Close()
	source, err := client.LocalContext(ctx, folder)
	if err != nil {
		return err
	}
	spec := &buildv1.BuildSpec{
		Builder: builder,
		Context: source,
		Outputs: []*buildv1.Output{{Exporter: &buildv1.Output_CacheOnly{CacheOnly: &buildv1.CacheOnlyOutput{}}}},
	}
	if _, err := client.Build(ctx, spec, nil); err != nil {
		return err
	}
	fmt.Println("built")
	return nil
}

// idToken reads the file that Kubernetes keeps current with the token of the job's service account.
func idToken(context.Context) (string, error) {
	text, err := os.ReadFile(os.Getenv("ID_TOKEN_FILE"))
	return strings.TrimSpace(string(text)), err
}
