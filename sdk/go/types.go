package driver

import (
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
	driverv1 "slipway.dev/driver/gen/slipway/driver/v1"
)

// Messages of the driver protocol, under shorter names. Their fields are documented in the stubs.
type (
	// Descriptor describes a driver: its name, options, endpoint rules and priority. Name is required.
	Descriptor = driverv1.DriverDescriptor
	// Capability is a named ability of a driver.
	Capability = commonv1.Capability
	// EndpointRules say what the endpoint of a node means.
	EndpointRules = commonv1.EndpointRules
	// Option describes one option of a node.
	Option = commonv1.OptionDescriptor
	// NodeConfig is the configuration of a node, as the protocol has it.
	NodeConfig = driverv1.NodeConfig
	// NodeStatus is the state of a node, and why it is in that state.
	NodeStatus = driverv1.NodeStatus
	// DynamicNode is a part that the backend creates itself, such as a pod.
	DynamicNode = commonv1.DynamicNode
	// Feature is something that a live node supports, or not.
	Feature = commonv1.Feature
	// BuildDefaults say how the host translates builds for a node.
	BuildDefaults = driverv1.BuildDefaults
	// Diagnostic is a finding about a configuration.
	Diagnostic = commonv1.Diagnostic
	// RegistryCredential is a login for a registry.
	RegistryCredential = commonv1.RegistryCredential
	// ImplicitBuilder is a builder that nobody created.
	ImplicitBuilder = driverv1.ImplicitBuilder
	// ImplicitBuilders are the builders that nobody created, and what is wrong with the user's configuration of them.
	ImplicitBuilders = driverv1.ListImplicitBuildersResponse
	// LeaseContext says who wants a lease and what for.
	LeaseContext = driverv1.LeaseContext
	// TLS is the TLS material of a TCP endpoint, in PEM.
	TLS = driverv1.TlsMaterial
	// StoreRef names an image store: its endpoint, empty for the one that the environment selects, and those of
	// Descriptor.EnvironmentVariables that the user has set.
	StoreRef = driverv1.ImageStoreRef
	// StoreDescription says which archives an image store accepts, and has its name for people.
	StoreDescription = driverv1.GetImageStoreResponse
	// StoredImage is an image of a store.
	StoredImage = driverv1.StoredImage
	// Layer is a layer of an image: the digest of its blob, and its chain ID; empty when unknown.
	Layer = driverv1.Layer
	// NativeBuildSettings are the fields of a specification and the types of outputs that a [NativeDriver] can do.
	NativeBuildSettings = commonv1.NativeBuildSettings
	// BuildSpec is the specification of a build.
	BuildSpec = buildv1.BuildSpec
	// BuildProgress has the steps of a build that changed, and their output.
	BuildProgress = buildv1.BuildProgress
	// BuildResult is what a build has made.
	BuildResult = buildv1.BuildResult
	// BuildError says why a build failed.
	BuildError = buildv1.BuildError
)

// Capabilities that the methods of a driver do not show. List those that apply in [Descriptor.Capabilities].
const (
	// CreateBuilders means that users can create builders with the driver.
	CreateBuilders = "builders.create"
	// DaemonConfig means that the driver uses the files in NodeConfig.DaemonFiles.
	DaemonConfig = "daemon.config"
	// DaemonFlags means that the driver uses NodeConfig.DaemonFlags.
	DaemonFlags = "daemon.flags"
)

// Capabilities that the SDK derives from the methods of a driver.
const (
	implicitBuilders = "builders.implicit"
	imageStore       = "image-store"
	imageStoreLayers = "image-store.layers"
	nativeBuild      = "build.native"
	stopBuilders     = "builders.stop"
	tunnelBytes      = "tunnel"
)

// Uses of an endpoint, for [EndpointRules].
const (
	// EndpointOptional means that a node may have an endpoint.
	EndpointOptional = commonv1.EndpointUse_ENDPOINT_USE_OPTIONAL
	// EndpointRequired means that a node must have an endpoint.
	EndpointRequired = commonv1.EndpointUse_ENDPOINT_USE_REQUIRED
	// EndpointForbidden means that a node must not have an endpoint.
	EndpointForbidden = commonv1.EndpointUse_ENDPOINT_USE_FORBIDDEN
)

// Types of options, for [Option]. The comment is what the type accepts, and its normal form.
const (
	// String accepts any text.
	String = commonv1.OptionType_OPTION_TYPE_STRING
	// Bool accepts what strconv.ParseBool accepts; "true" or "false".
	Bool = commonv1.OptionType_OPTION_TYPE_BOOL
	// Int accepts a decimal integer of 64 bits; decimal.
	Int = commonv1.OptionType_OPTION_TYPE_INT
	// Bytes accepts a number with a binary suffix, such as "512m"; a decimal number of bytes.
	Bytes = commonv1.OptionType_OPTION_TYPE_BYTES
	// Duration accepts what time.ParseDuration accepts; as time.Duration prints it.
	Duration = commonv1.OptionType_OPTION_TYPE_DURATION
	// Quantity accepts a Kubernetes quantity, such as "500m"; unchanged.
	Quantity = commonv1.OptionType_OPTION_TYPE_QUANTITY
	// Enum accepts one of Option.AllowedValues; unchanged.
	Enum = commonv1.OptionType_OPTION_TYPE_ENUM
	// Path accepts an absolute path on the host's machine; cleaned.
	Path = commonv1.OptionType_OPTION_TYPE_PATH
	// Map accepts key=value pairs separated by commas; without spaces around keys and values.
	Map = commonv1.OptionType_OPTION_TYPE_MAP
)

// Purposes of a lease, for [LeaseContext].
const (
	// ForBuild means that the host builds.
	ForBuild = driverv1.LeasePurpose_LEASE_PURPOSE_BUILD
	// ForInspect means that the host asks BuildKit for workers, disk usage or history, or prunes the cache.
	ForInspect = driverv1.LeasePurpose_LEASE_PURPOSE_INSPECT
	// ForConnect means that the host forwards a client's own connection.
	ForConnect = driverv1.LeasePurpose_LEASE_PURPOSE_CONNECT
)

// States of a node, for [NodeStatus].
const (
	// Absent means that nothing exists yet.
	Absent = commonv1.NodeState_NODE_STATE_ABSENT
	// Stopped means that it exists and does not run.
	Stopped = commonv1.NodeState_NODE_STATE_STOPPED
	// Starting means that it is starting.
	Starting = commonv1.NodeState_NODE_STATE_STARTING
	// Running means that it runs.
	Running = commonv1.NodeState_NODE_STATE_RUNNING
	// Stopping means that it is stopping.
	Stopping = commonv1.NodeState_NODE_STATE_STOPPING
	// Unreachable means that the backend does not answer or reports a fault.
	Unreachable = commonv1.NodeState_NODE_STATE_UNREACHABLE
)
