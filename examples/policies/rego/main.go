// Command rego-policies is a Slipway plugin that evaluates build policies in Rego. It embeds docker buildx's own
// evaluation, which embeds OPA, so that a policy decides here as it does there.
package main

import (
	"log"

	driver "slipway.dev/driver"
)

func main() {
	engine, err := newEngine()
	if err != nil {
		log.Fatalf("The policy engine cannot start: %s", err)
	}
	driver.Serve(driver.Plugin{Name: "rego", Version: "0.1.0", Policies: engine})
}
