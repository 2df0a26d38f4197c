package driver

import (
	"errors"
	"io"
	"sync"

	nativebuildv1 "slipway.dev/driver/gen/slipway/nativebuild/v1"
)

// Build is one build, as the host asks for it. Its methods fail when the call is over, and wait until the host takes what they
// send. They can be called concurrently, except that contexts are read one after another.
type Build struct {
	// ID is unique, and has letters and digits.
	ID string
	// Spec is the specification, resolved by the host: the Dockerfile is given as content; contexts are an upload, whose
	// files follow, or an image; outputs have no destination, and attributes instead of typed forms.
	Spec *BuildSpec

	contexts *buildContexts
	send     func(*nativebuildv1.BuildResponse) error
	asking   sync.Mutex
	writing  sync.Mutex
}

// NextContext returns the files of the next context that is an upload, in the order in which the host sends them; io.EOF
// after the last. It skips what is left of the previous one, which is complete then.
func (b *Build) NextContext() (*ContextFiles, error) { return b.contexts.next() }

// Credential asks the host for the login of a registry ("registry.example:5000", "docker.io"); nil when there is none. Read
// all contexts before.
func (b *Build) Credential(registry string) (*RegistryCredential, error) {
	b.asking.Lock()
	defer b.asking.Unlock()
	if !b.contexts.areRead() {
		return nil, errors.New("a login was asked for before all contexts were read")
	}
	if err := b.send(&nativebuildv1.BuildResponse{Message: &nativebuildv1.BuildResponse_Credential{
		Credential: &nativebuildv1.CredentialRequest{Registry: registry},
	}}); err != nil {
		return nil, err
	}
	return b.contexts.credential(registry)
}

// Progress reports steps that changed, and their output. The driver chooses names and identities.
func (b *Build) Progress(progress *BuildProgress) error {
	return b.send(&nativebuildv1.BuildResponse{Message: &nativebuildv1.BuildResponse_Progress{Progress: progress}})
}

// Warn reports a finding that does not fail the build.
func (b *Build) Warn(warning *Diagnostic) error {
	return b.send(&nativebuildv1.BuildResponse{Message: &nativebuildv1.BuildResponse_Warning{Warning: warning}})
}

// Output sends an output, by its index in Spec.Outputs. It calls write with a writer for the archive ("oci", "docker"), or for
// a tar archive of the files ("tar", "local"); when write fails, the output is incomplete, and Output fails with its error.
// Outputs are sent one after another. Images in a registry or a store have none.
func (b *Build) Output(index int, write func(io.Writer) error) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	send := func(output *nativebuildv1.OutputData) error {
		output.Output = int32(index)
		return b.send(&nativebuildv1.BuildResponse{Message: &nativebuildv1.BuildResponse_Output{Output: output}})
	}
	chunks := newChunks(func(chunk []byte) error { return send(&nativebuildv1.OutputData{Data: chunk}) })
	if err := write(chunks); err != nil {
		return err
	}
	if err := chunks.Flush(); err != nil {
		return err
	}
	return send(&nativebuildv1.OutputData{Last: true})
}
