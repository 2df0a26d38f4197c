package main

import driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"

// driverName is the driver's name, the same as in the manifest.
const driverName = "process"

// descriptor describes the driver to the host.
var descriptor = &driverv1.DriverDescriptor{
	Name:  driverName,
	Title: "BuildKit as a local process",
	Description: "Runs a buildkitd for each node, without a container engine. Its state is below " +
		"$XDG_STATE_HOME/slipway/process. A daemon continues when the plugin or the host ends, and is found again. " +
		"It needs runc, and rootlesskit when the host does not run as root.",
	Capabilities: []*driverv1.Capability{
		{Id: "builders.create"},
		{Id: "builders.stop"},
		{Id: "daemon.config"},
		{Id: "daemon.flags"},
	},
	Endpoint: &driverv1.EndpointRules{
		Use:         driverv1.EndpointUse_ENDPOINT_USE_FORBIDDEN,
		Description: "The daemon runs on the machine of the Slipway host.",
	},
	Options: []*driverv1.OptionDescriptor{
		{
			Name:        "buildkitd",
			Type:        driverv1.OptionType_OPTION_TYPE_PATH,
			Description: "Path of buildkitd. By default it is looked up in the host's PATH.",
		},
		{
			Name:        "runc",
			Type:        driverv1.OptionType_OPTION_TYPE_PATH,
			Description: "Path of runc. By default buildkit-runc or runc in the host's PATH.",
		},
		{
			Name: "root",
			Type: driverv1.OptionType_OPTION_TYPE_PATH,
			Description: "Folder of the build cache, created by the driver and removed with the node. " +
				"By default below the node's folder.",
		},
		{
			Name:          "snapshotter",
			Type:          driverv1.OptionType_OPTION_TYPE_ENUM,
			DefaultValue:  "auto",
			AllowedValues: []string{"auto", "overlayfs", "fuse-overlayfs", "native"},
			Description:   "How layers are stored. auto uses overlayfs if the kernel allows it.",
		},
		{
			Name:          "rootless",
			Type:          driverv1.OptionType_OPTION_TYPE_ENUM,
			DefaultValue:  "auto",
			AllowedValues: []string{"auto", "always", "never"},
			Description:   "Run in a user namespace with rootlesskit. auto does so unless the host runs as root.",
		},
		{
			Name:         "start-timeout",
			Type:         driverv1.OptionType_OPTION_TYPE_DURATION,
			DefaultValue: "30s",
			Description:  "How long the daemon may take to answer.",
		},
		{
			Name:         "stop-timeout",
			Type:         driverv1.OptionType_OPTION_TYPE_DURATION,
			DefaultValue: "10s",
			Description:  "How long running builds may continue before the daemon is killed.",
		},
		{
			Name:        "env.*",
			Type:        driverv1.OptionType_OPTION_TYPE_STRING,
			Sensitive:   true,
			Description: "Environment variable of the daemon, for example env.HTTP_PROXY.",
		},
	},
	Priority: 90,
}
