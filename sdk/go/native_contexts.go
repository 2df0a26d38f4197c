package driver

import (
	"errors"
	"fmt"
	"io"

	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	nativebuildv1 "slipway.dev/driver/gen/slipway/nativebuild/v1"
)

// ContextFiles are the files of one context: reading it gives a tar archive.
type ContextFiles struct {
	// Upload is the id of the upload in the specification.
	Upload string

	requests *requests[*nativebuildv1.BuildRequest]
	chunk    *nativebuildv1.ContextData
}

// Read reads the archive.
func (f *ContextFiles) Read(buffer []byte) (int, error) {
	for len(f.chunk.Data) == 0 {
		if f.chunk.Last {
			return 0, io.EOF
		}
		chunk, err := nextChunk(f.requests)
		if err != nil {
			return 0, err
		}
		if chunk.Upload != f.Upload {
			return 0, buildIncomplete("context", "Files of %s came between those of %s.", chunk.Upload, f.Upload)
		}
		f.chunk = chunk
	}
	count := copy(buffer, f.chunk.Data)
	f.chunk.Data = f.chunk.Data[count:]
	return count, nil
}

// buildContexts are the contexts of one build that the host sends, and its answers after them.
type buildContexts struct {
	requests *requests[*nativebuildv1.BuildRequest]
	// awaited is how many contexts have not begun.
	awaited int
	current *ContextFiles
}

func newBuildContexts(requests *requests[*nativebuildv1.BuildRequest], spec *BuildSpec) *buildContexts {
	contexts := &buildContexts{requests: requests}
	count := func(context *buildv1.Context) {
		if _, sent := context.GetSource().(*buildv1.Context_Upload); sent {
			contexts.awaited++
		}
	}
	count(spec.Context)
	for _, context := range spec.NamedContexts {
		count(context)
	}
	return contexts
}

// next returns the next context; io.EOF after the last.
func (c *buildContexts) next() (*ContextFiles, error) {
	if c.current != nil {
		if _, err := io.Copy(io.Discard, c.current); err != nil {
			return nil, err
		}
	}
	if c.awaited == 0 {
		return nil, io.EOF
	}
	chunk, err := nextChunk(c.requests)
	if err != nil {
		return nil, err
	}
	c.awaited--
	c.current = &ContextFiles{Upload: chunk.Upload, requests: c.requests, chunk: chunk}
	return c.current, nil
}

// areRead reports whether all contexts have been read.
func (c *buildContexts) areRead() bool {
	return c.awaited == 0 && (c.current == nil || c.current.chunk.Last && len(c.current.chunk.Data) == 0)
}

// credential returns the answer to a request for a login.
func (c *buildContexts) credential(registry string) (*RegistryCredential, error) {
	request, err := c.requests.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	answer := request.GetCredential()
	if answer == nil || answer.Registry != registry {
		return nil, buildIncomplete("credential", "The host did not answer the request for the login of %s.", registry)
	}
	return answer.Credential, nil
}

func nextChunk(requests *requests[*nativebuildv1.BuildRequest]) (*nativebuildv1.ContextData, error) {
	request, err := requests.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if chunk := request.GetContext(); chunk != nil {
		return chunk, nil
	}
	return nil, buildIncomplete("context", "The files of a context are incomplete.")
}

// buildIncomplete is INVALID_ARGUMENT: the requests of a build are out of order or end early.
func buildIncomplete(field, format string, args ...any) *Error {
	return invalidRequest(field, "BUILD_INCOMPLETE", fmt.Sprintf(format, args...))
}
