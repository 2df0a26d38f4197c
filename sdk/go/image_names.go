package driver

import (
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
)

// fullNames returns names of images in full: "alpine" is "docker.io/library/alpine:latest". Ids, and texts that are no
// names, stay as they are.
func fullNames(names []string) []string {
	full := make([]string, len(names))
	for index, name := range names {
		full[index] = fullName(name)
	}
	return full
}

func fullName(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if _, isID := digest.Parse(name); err != nil || isID == nil {
		return name
	}
	return reference.TagNameOnly(named).String()
}
