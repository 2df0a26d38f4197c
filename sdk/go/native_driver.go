package driver

import "context"

// NativeDriver builds by itself, without BuildKit, for the capability "build.native". Descriptor.NativeBuild says what a
// specification may ask for; the host refuses everything else before any work. NodeStatus.Platforms are what the node builds
// for.
type NativeDriver interface {
	AnyDriver
	// CheckBuild reports everything that is wrong with a specification at once, before the build is accepted. It uses no
	// backend. Values of secrets are left out.
	CheckBuild(ctx context.Context, config *Config, check *BuildCheck)
	// Build builds on a running node. A build that fails returns [BuildFailed]. When the context ends, the build ends and
	// nothing of it may remain. Secrets must not be written to a disk, a log or an error.
	Build(ctx context.Context, config *Config, build *Build) (*BuildResult, error)
}

// BuildCheck is the check of one specification.
type BuildCheck struct {
	// Spec is the specification.
	Spec *BuildSpec
	// Findings have paths in the specification ("outputs[0].attributes[name]"). Errors refuse the build; others become its
	// warnings.
	Findings
}

// BuildFailed is the error of a build that failed, with its reason.
type BuildFailed struct{ *BuildError }

// Error returns the message.
func (f BuildFailed) Error() string { return f.Message }
