// Package slipway is a client for a Slipway host: it finds or starts one, uploads contexts, and follows builds.
//
// It is a thin layer over the stubs in gen/, which are generated from the published protocol and can be used directly:
//
//	client, err := slipway.Connect(ctx)
//	defer client.Close()
//	result, err := client.Build(ctx, &buildv1.BuildSpec{…}, func(event *slipwayv1.BuildEvent) { … })
package slipway
