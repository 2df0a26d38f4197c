package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"slipway.dev/driver"
)

// load imports an archive: first the blobs, and in the end the names.
func (l layout) load(archive io.Reader) ([]string, error) {
	loaded, err := l.unpack(archive)
	if err != nil {
		return nil, invalid(err)
	}
	var names []string
	for _, image := range loaded.Manifests {
		blobs, err := l.blobsOf(image)
		if err != nil || slices.ContainsFunc(blobs, func(digest string) bool { return !l.has(digest) }) {
			return nil, invalid(errors.New("it lacks blobs"))
		}
		names = append(names, image.name())
	}
	return names, l.change(func(index *index) {
		index.Manifests = slices.DeleteFunc(index.Manifests, func(one descriptor) bool {
			return slices.Contains(names, one.name())
		})
		index.Manifests = append(index.Manifests, loaded.Manifests...)
	})
}

// unpack puts the blobs of an archive into the folder, and returns its index.
func (l layout) unpack(archive io.Reader) (loaded index, err error) {
	entries := tar.NewReader(archive)
	for err == nil {
		var entry *tar.Header
		entry, err = entries.Next()
		if err == nil && entry.Name == "index.json" {
			err = json.NewDecoder(entries).Decode(&loaded)
		} else if err == nil && strings.HasPrefix(entry.Name, "blobs/sha256/") {
			err = l.put(strings.Replace(entry.Name[len("blobs/"):], "/", ":", 1), entries)
		}
	}
	if err != io.EOF {
		return loaded, err
	}
	if len(loaded.Manifests) == 0 {
		return loaded, errors.New("it has no images")
	}
	_, err = io.Copy(io.Discard, archive) // The padding, and whether the archive ends well.
	return loaded, err
}

// put stores a blob if its content has the digest.
func (l layout) put(digest string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(l.blob("sha256:0")), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(string(l), "blob")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, sum), content); err != nil {
		return err
	}
	if actual := "sha256:" + hex.EncodeToString(sum.Sum(nil)); actual != digest {
		return errors.New("the blob " + digest + " has the digest " + actual)
	}
	return os.Rename(file.Name(), l.blob(digest))
}

// save writes images as an archive.
func (l layout) save(names []string, archive io.Writer) error {
	images, err := l.find(names)
	if err != nil {
		return err
	}
	entries := tar.NewWriter(archive)
	content, err := json.Marshal(index{SchemaVersion: 2, Manifests: images})
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"oci-layout": `{"imageLayoutVersion":"1.0.0"}`, "index.json": string(content),
	} {
		entries.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
		io.WriteString(entries, text)
	}
	var written []string
	for _, image := range images {
		blobs, err := l.blobsOf(image)
		if err != nil {
			return err
		}
		for _, digest := range blobs {
			if slices.Contains(written, digest) {
				continue
			}
			written = append(written, digest)
			if err := l.write(digest, entries); err != nil {
				return err
			}
		}
	}
	return entries.Close()
}

func (l layout) write(digest string, entries *tar.Writer) error {
	file, err := os.Open(l.blob(digest))
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	name := "blobs/" + strings.ReplaceAll(digest, ":", "/")
	if err := entries.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(entries, file)
	return err
}

// invalid is the error of an archive that cannot be loaded.
func invalid(cause error) error {
	var typed *driver.Error
	if errors.As(cause, &typed) {
		return cause
	}
	return driver.Errorf(codes.InvalidArgument, "ARCHIVE_INVALID", "The archive cannot be loaded: %w.", cause)
}
