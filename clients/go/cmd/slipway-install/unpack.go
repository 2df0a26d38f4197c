package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// unpack unpacks an archive with one folder into a new folder, and returns the name that the folder has in the archive.
// No entry can be written outside of the new folder, not even through a link.
func unpack(archive, folder string) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer file.Close()
	compressed, err := gzip.NewReader(file)
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	name := ""
	entries := tar.NewReader(compressed)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		top, rest, below := strings.Cut(header.Name, "/")
		if !below || (name != "" && top != name) {
			return "", fmt.Errorf("%s is not in the folder of the archive", header.Name)
		}
		name = top
		if err := writeEntry(root, rest, header, entries); err != nil {
			return "", err
		}
	}
	info, err := root.Stat("bin/slipway")
	if err != nil || !info.Mode().IsRegular() {
		return "", errors.New("it has no program bin/slipway")
	}
	return name, nil
}

func writeEntry(root *os.Root, name string, header *tar.Header, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name)
	case tar.TypeReg:
		file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, header.FileInfo().Mode().Perm())
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := io.Copy(file, content); err != nil {
			return err
		}
		return file.Close()
	default:
		return fmt.Errorf("%s is neither a file nor a link", name)
	}
}
