// Command bench builds what it reads on stdin: one JSON object in each line, one answer for each, "done" or an error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	slipway "slipway.dev/client"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
)

// order is a line of stdin.
type order struct {
	// Context is the path of the folder to build.
	Context string `json:"context"`
	// Image is the name of the result; without it, the result is only cached.
	Image string `json:"image"`
	// Builder is the name of a builder; the default is the engine's.
	Builder string `json:"builder"`
}

func main() {
	ctx := context.Background()
	client, err := slipway.Connect(ctx, slipway.WithoutStart())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := build(ctx, client, lines.Bytes()); err != nil {
			fmt.Printf("%q\n", err.Error())
			continue
		}
		fmt.Println("done")
	}
}

func build(ctx context.Context, client *slipway.Client, line []byte) error {
	var wanted order
	if err := json.Unmarshal(line, &wanted); err != nil {
		return err
	}
	source, err := client.LocalContext(ctx, wanted.Context)
	if err != nil {
		return err
	}
	spec := &buildv1.BuildSpec{Builder: wanted.Builder, Context: source}
	if wanted.Image != "" {
		spec.Tags = []string{wanted.Image}
	}
	_, err = client.Build(ctx, spec, nil)
	return err
}
