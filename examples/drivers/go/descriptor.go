package main

import "slipway.dev/driver"

// driverName is the driver's name, the same as in the manifest.
const driverName = "process"

// descriptor describes the driver to the host.
var descriptor = &driver.Descriptor{
	Name:  driverName,
	Title: "BuildKit as a local process",
	Description: "Runs a buildkitd for each node, without a container engine. Its state is below " +
		"$XDG_STATE_HOME/slipway/process. A daemon continues when the plugin or the host ends, and is found again. " +
		"It needs runc, and rootlesskit when the host does not run as root.",
	Capabilities: []*driver.Capability{
		{Id: driver.CreateBuilders},
		{Id: driver.DaemonConfig},
		{Id: driver.DaemonFlags},
	},
	Endpoint: &driver.EndpointRules{
		Use:         driver.EndpointForbidden,
		Description: "The daemon runs on the machine of the Slipway host.",
	},
	Options: []*driver.Option{
		{
			Name:        "buildkitd",
			Type:        driver.Path,
			Description: "Path of buildkitd. By default it is looked up in the host's PATH.",
		},
		{
			Name:        "runc",
			Type:        driver.Path,
			Description: "Path of runc. By default buildkit-runc or runc in the host's PATH.",
		},
		{
			Name: "root",
			Type: driver.Path,
			Description: "Folder of the build cache, created by the driver and removed with the node. " +
				"By default below the node's folder.",
		},
		{
			Name:          "snapshotter",
			Type:          driver.Enum,
			DefaultValue:  "auto",
			AllowedValues: []string{"auto", "overlayfs", "fuse-overlayfs", "native"},
			Description:   "How layers are stored. auto uses overlayfs if the kernel allows it.",
		},
		{
			Name:          "rootless",
			Type:          driver.Enum,
			DefaultValue:  "auto",
			AllowedValues: []string{"auto", "always", "never"},
			Description:   "Run in a user namespace with rootlesskit. auto does so unless the host runs as root.",
		},
		{
			Name:         "start-timeout",
			Type:         driver.Duration,
			DefaultValue: "30s",
			Description:  "How long the daemon may take to answer.",
		},
		{
			Name:         "stop-timeout",
			Type:         driver.Duration,
			DefaultValue: "10s",
			Description:  "How long running builds may continue before the daemon is killed.",
		},
		{
			Name:        "env.*",
			Type:        driver.String,
			Sensitive:   true,
			Description: "Environment variable of the daemon, for example env.HTTP_PROXY.",
		},
	},
	Priority: 90,
}
