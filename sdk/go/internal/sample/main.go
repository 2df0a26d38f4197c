// Command sample is a plugin for the tests of the SDK: a driver that builds by itself, with an image store.
package main

import (
	"context"

	"slipway.dev/driver"
)

// sample is a driver that only supports COPY, and whose image store is a folder. It has no state of nodes.
type sample struct{}

func (sample) Descriptor() *driver.Descriptor {
	return &driver.Descriptor{
		Name:                 "sample",
		Title:                "A driver that only copies",
		Capabilities:         []*driver.Capability{{Id: driver.CreateBuilders}},
		Endpoint:             &driver.EndpointRules{Use: driver.EndpointForbidden},
		EnvironmentVariables: []string{folderVariable, serverVariable},
		NativeBuild:          &driver.NativeBuildSettings{Fields: []string{"secrets"}, Outputs: []string{"tar", "local"}},
	}
}

func (sample) Bootstrap(context.Context, *driver.Config, *driver.Boot) error { return nil }

func (sample) Inspect(context.Context, *driver.Config) (*driver.NodeStatus, error) {
	return &driver.NodeStatus{State: driver.Running, Platforms: []string{"linux/amd64"}}, nil
}

func (sample) Remove(context.Context, *driver.Config, driver.RemoveOptions) (driver.Removal, error) {
	return driver.Removal{}, nil
}

func (sample) ImageStore() driver.ImageStore { return store{} }

func main() {
	driver.Serve(driver.Plugin{Name: "sample", Version: "1.0.0", NativeDrivers: []driver.NativeDriver{sample{}}})
}
