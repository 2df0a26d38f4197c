package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
)

// layout is a folder with an OCI layout.
type layout string

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	Manifests     []descriptor `json:"manifests"`
}

type manifest struct {
	Config descriptor   `json:"config"`
	Layers []descriptor `json:"layers"`
}

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func (d descriptor) name() string { return d.Annotations["io.containerd.image.name"] }

var digests = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// changing is held while an index changes.
var changing sync.Mutex

// blob is the path of a blob.
func (l layout) blob(digest string) string {
	return filepath.Join(string(l), "blobs", strings.ReplaceAll(digest, ":", "/"))
}

func (l layout) has(digest string) bool {
	_, err := os.Stat(l.blob(digest))
	return err == nil && digests.MatchString(digest)
}

func (l layout) index() (index, error) {
	found := index{SchemaVersion: 2}
	err := l.readJSON("index.json", &found)
	if os.IsNotExist(err) {
		err = nil
	}
	return found, err
}

// change changes the index, and with it the names of images.
func (l layout) change(change func(*index)) error {
	changing.Lock()
	defer changing.Unlock()
	changed, err := l.index()
	if err != nil {
		return err
	}
	change(&changed)
	content, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	path := filepath.Join(string(l), "index.json")
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// find finds images by names or ids.
func (l layout) find(names []string) ([]descriptor, error) {
	index, err := l.index()
	if err != nil {
		return nil, err
	}
	var found []descriptor
	for _, name := range names {
		at := slices.IndexFunc(index.Manifests, func(one descriptor) bool { return name == one.name() || name == one.Digest })
		if at < 0 {
			return nil, driver.Errorf(codes.NotFound, "IMAGE_NOT_FOUND", "There is no image %s.", name)
		}
		found = append(found, index.Manifests[at])
	}
	return found, nil
}

// blobsOf are the digests of an image's blobs.
func (l layout) blobsOf(image descriptor) ([]string, error) {
	var read manifest
	if err := l.readJSON(filepath.Join("blobs", strings.ReplaceAll(image.Digest, ":", "/")), &read); err != nil {
		return nil, err
	}
	blobs := []string{image.Digest, read.Config.Digest}
	for _, layer := range read.Layers {
		blobs = append(blobs, layer.Digest)
	}
	return blobs, nil
}

// readJSON reads a file of the layout.
func (l layout) readJSON(path string, value any) error {
	content, err := os.ReadFile(filepath.Join(string(l), path))
	if err != nil {
		return err
	}
	return json.Unmarshal(content, value)
}
