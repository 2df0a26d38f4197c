package driver

import "context"

// AnyDriver is what every driver does, a [Driver] and a [NativeDriver]. The SDK calls its methods concurrently, except that
// Bootstrap, Stop and Remove of one node run one after another. Every call has the node's complete configuration in normal
// form, and can be repeated; a driver keeps no state of nodes. The context ends when the host cancels the call or the
// plugin shuts down.
//
// A method fails with an [Error]. Another error is a fault of the driver and becomes INTERNAL, reason DRIVER_FAULT.
type AnyDriver interface {
	// Descriptor describes the driver. It returns the same for the life of the process.
	Descriptor() *Descriptor
	// Bootstrap makes the node run: it creates what is missing, starts what is stopped, applies changed settings, and
	// returns when the node can build. The SDK then answers with what Inspect returns. The next Bootstrap or Remove
	// handles what a cancelled call left behind.
	Bootstrap(ctx context.Context, config *Config, boot *Boot) error
	// Inspect returns the state of the node, quickly. An absent node is a state; an [Error] becomes the state
	// [Unreachable] with its reason and remedy.
	Inspect(ctx context.Context, config *Config) (*NodeStatus, error)
	// Remove deletes what Bootstrap created, also the rest of a failed one, and returns what it removed and what it kept.
	// Removing an absent node is not an error.
	Remove(ctx context.Context, config *Config, options RemoveOptions) (Removal, error)
}

// Driver leads to a BuildKit.
type Driver interface {
	AnyDriver
	// Acquire leases the node's BuildKit: it offers an endpoint and returns after the release, which ends the context. A
	// driver that creates nothing for a lease returns lease.Hold(endpoint). It fails, with the reason, when BuildKit cannot
	// be reached, and later when the lease is lost. Ten seconds after the release nothing that belongs to the lease may be
	// left; one second when the plugin shuts down.
	Acquire(ctx context.Context, config *Config, lease *Lease) error
}

// RemoveOptions say what Remove may delete.
type RemoveOptions struct {
	// Force removes the node even while it builds.
	Force bool
	// KeepState keeps the build cache for a later node with the same name.
	KeepState bool
	// KeepDaemon leaves the daemon running and only forgets it.
	KeepDaemon bool
}

// Removal is what Remove did, by the names that things have in the backend.
type Removal struct {
	// Removed names what was removed.
	Removed []string
	// Kept names what was kept because of [RemoveOptions.KeepState] or [RemoveOptions.KeepDaemon].
	Kept []string
}

// Validator is implemented by a driver whose configurations have rules beyond those of its [Descriptor].
type Validator interface {
	// Validate reports everything that is wrong at once, and may change check.Config. It uses no backend. The normal form
	// of a normal form must be the same, with any environment: the SDK validates before each call about a node.
	Validate(ctx context.Context, check *Check)
}

// Stopper is implemented by a driver that can stop a node, for the capability "builders.stop".
type Stopper interface {
	// Stop ends what builds on the node and keeps its state; with force it does not wait for running builds. Stopping a
	// stopped or absent node is not an error. The SDK then answers with what Inspect returns.
	Stop(ctx context.Context, config *Config, force bool) error
}

// ImplicitLister is implemented by a driver with builders that nobody created, for the capability "builders.implicit".
type ImplicitLister interface {
	// ImplicitBuilders reads the user's configuration, not the backend. What cannot be read is a diagnostic; the rest is
	// listed. The environment has those of Descriptor.EnvironmentVariables that the user has set. It returns all builders,
	// and the SDK makes the pages.
	ImplicitBuilders(ctx context.Context, environment map[string]string) (*ImplicitBuilders, error)
}
