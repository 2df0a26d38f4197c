// Command slipway-install unpacks an archive of Slipway, slipway-VERSION-PLATFORM.tar.gz, where the client finds the
// host: in $XDG_DATA_HOME/slipway/host. The link "current" leads to the version that was installed last. The version
// before it remains, because a host can still run from it; older ones are removed.
//
//	slipway-install [-sha256 HEX] ARCHIVE|URL
//
// A URL requires the SHA-256 of the archive, which is in SHA256SUMS of a release.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"slipway.dev/client/internal/hostfolder"
)

func main() {
	sum := flag.String("sha256", "", "SHA-256 of the archive in `hex`; required for a URL")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: slipway-install [-sha256 HEX] ARCHIVE|URL")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	program, err := install(flag.Arg(0), strings.ToLower(*sum))
	if err != nil {
		fmt.Fprintf(os.Stderr, "slipway-install: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(program)
}

// install unpacks an archive unless that was done before, and makes it the current version. It returns the path of the
// program. If it fails, the current version is the same as before.
func install(source, sum string) (string, error) {
	host, err := hostfolder.Path()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(host, 0o700); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(host, ".install-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	archive := filepath.Join(work, "archive")
	actual, err := copyArchive(source, sum, archive)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(work, "folder")
	name, err := unpack(archive, folder)
	if err != nil {
		return "", fmt.Errorf("%s cannot be unpacked: %w", source, err)
	}
	version := name + "-" + actual[:12]
	installed := filepath.Join(host, version)
	// The same archive was installed before if the folder exists.
	if err := os.Rename(folder, installed); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	before, _ := os.Readlink(filepath.Join(host, "current"))
	link := filepath.Join(work, "link")
	if err := os.Symlink(version, link); err != nil {
		return "", err
	}
	if err := os.Rename(link, filepath.Join(host, "current")); err != nil {
		return "", err
	}
	if before != version {
		if err := removeAllBut(host, version, before); err != nil {
			return "", err
		}
	}
	return filepath.Join(host, hostfolder.Program), nil
}

// copyArchive copies the archive to a file and returns its SHA-256 in hex, which must be sum unless that is empty.
func copyArchive(source, sum, target string) (string, error) {
	reader, err := open(source, sum)
	if err != nil {
		return "", err
	}
	defer reader.Close()
	file, err := os.Create(target)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, hash), reader); err != nil {
		return "", err
	}
	actual := hex.EncodeToString(hash.Sum(nil))
	if sum != "" && actual != sum {
		return "", fmt.Errorf("%s has the SHA-256 %s instead of %s", source, actual, sum)
	}
	return actual, file.Close()
}

func open(source, sum string) (io.ReadCloser, error) {
	if !strings.HasPrefix(source, "http://") && !strings.HasPrefix(source, "https://") {
		return os.Open(source)
	}
	if sum == "" {
		return nil, errors.New("a URL requires the SHA-256 of the archive: give -sha256")
	}
	response, err := http.Get(source)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("%s answers %s", source, response.Status)
	}
	return response.Body, nil
}

// removeAllBut removes the versions in a folder but two. The folders of other installations in progress begin with a dot.
func removeAllBut(host, version, before string) error {
	entries, err := os.ReadDir(host)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || strings.HasPrefix(name, ".") || name == version || name == before {
			continue
		}
		if err := os.RemoveAll(filepath.Join(host, name)); err != nil {
			return err
		}
	}
	return nil
}
