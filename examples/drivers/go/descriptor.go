package main

import driverv1 "slipway.dev/examples/drivers/process/gen/slipway/driver/v1"

// driverName is the name that users type; the manifest has the same one.
const driverName = "process"

// descriptor is all that the host knows of the driver.
var descriptor = &driverv1.DriverDescriptor{
	Name:  driverName,
	Title: "BuildKit as a process of this machine",
	Description: "Runs a buildkitd for each node, without any container engine. Its state is kept below " +
		"$XDG_STATE_HOME/slipway/process. A daemon goes on when the plugin or the host ends, and is found again. " +
		"As root it needs runc; as another user, rootlesskit too.",
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
			Description: "The program buildkitd; by default the one in the host's PATH.",
		},
		{
			Name:        "runc",
			Type:        driverv1.OptionType_OPTION_TYPE_PATH,
			Description: "The program that runs containers; by default buildkit-runc or runc in the host's PATH.",
		},
		{
			Name: "root",
			Type: driverv1.OptionType_OPTION_TYPE_PATH,
			Description: "Folder for the build cache, made by the driver and removed with the node; " +
				"by default below the node's own folder.",
		},
		{
			Name:          "snapshotter",
			Type:          driverv1.OptionType_OPTION_TYPE_ENUM,
			DefaultValue:  "auto",
			AllowedValues: []string{"auto", "overlayfs", "fuse-overlayfs", "native"},
			Description:   "How layers are stored; auto takes overlayfs where the kernel allows it.",
		},
		{
			Name:          "rootless",
			Type:          driverv1.OptionType_OPTION_TYPE_ENUM,
			DefaultValue:  "auto",
			AllowedValues: []string{"auto", "always", "never"},
			Description:   "Run it in a user namespace with rootlesskit; auto does so unless the host runs as root.",
		},
		{
			Name:         "start-timeout",
			Type:         driverv1.OptionType_OPTION_TYPE_DURATION,
			DefaultValue: "30s",
			Description:  "How long the daemon may take until it answers.",
		},
		{
			Name:         "stop-timeout",
			Type:         driverv1.OptionType_OPTION_TYPE_DURATION,
			DefaultValue: "10s",
			Description:  "How long running builds may take to end before the daemon is killed.",
		},
		{
			Name:        "env.*",
			Type:        driverv1.OptionType_OPTION_TYPE_STRING,
			Sensitive:   true,
			Description: "An environment variable of the daemon, for example env.HTTP_PROXY.",
		},
	},
	Priority: 90,
}
