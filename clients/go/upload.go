package slipway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	buildv1 "slipway.dev/client/gen/slipway/build/v1"
	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

const (
	// pageEntries is the number of entries of a context in one message.
	pageEntries = 1024
	// batchBytes is the number of bytes of contents in one message, unless the host's limit is lower.
	batchBytes = 1 << 20
	// maxIgnoreBytes and maxIgnorePatterns are the host's limits of an ignore file.
	maxIgnoreBytes    = 4 << 20
	maxIgnorePatterns = 50_000
	// maxPatternBytes and maxWildcardBytes are those of one pattern, and of one with other wildcards than ** at one end.
	maxPatternBytes  = 4096
	maxWildcardBytes = 1024
)

// plainPattern has no wildcard, or only ** at one end.
var plainPattern = regexp.MustCompile(`^(\*\*)?[^*?\[\]\\]*$|^[^*?\[\]\\]*\*\*$`)

// LocalContext returns a folder as the context of a build: its path if the host can read this machine's files, otherwise
// an upload.
func (c *Client) LocalContext(ctx context.Context, folder string) (*buildv1.Context, error) {
	if c.IsLocal() {
		whole, err := filepath.Abs(folder)
		return &buildv1.Context{Source: &buildv1.Context_Path{Path: whole}}, err
	}
	id, err := c.UploadContext(ctx, folder)
	return &buildv1.Context{Source: &buildv1.Context_Upload{Upload: id}}, err
}

// UploadContext uploads a folder, except for what its .dockerignore excludes, and returns the id of the upload. It sends
// only contents that the host lacks.
func (c *Client) UploadContext(ctx context.Context, folder string) (string, error) {
	root, err := filepath.EvalSymlinks(folder)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return "", err
	}
	ignored, err := readIgnoreFile(root)
	if err != nil {
		return "", err
	}
	name, _ := os.Hostname()
	created, err := c.Uploads.CreateUpload(ctx, &slipwayv1.CreateUploadRequest{
		Manifest: true,
		CacheKey: name + ":" + root,
	})
	if err != nil {
		return "", typed(err)
	}
	upload := &upload{client: c, id: created.GetUpload().GetId(), root: root}
	if err := upload.send(ctx, ignored); err != nil {
		// The host removes unfinished uploads after a while, so an error here is ignored.
		c.Uploads.DeleteUpload(context.WithoutCancel(ctx), &slipwayv1.DeleteUploadRequest{Id: upload.id})
		return "", typed(err)
	}
	return upload.id, nil
}

// upload is an upload in progress.
type upload struct {
	client *Client
	id     string
	root   string
	page   []*slipwayv1.ManifestEntry
}

func (u *upload) send(ctx context.Context, ignored *patternmatcher.PatternMatcher) error {
	err := filepath.WalkDir(u.root, func(file string, found fs.DirEntry, err error) error {
		if err != nil || file == u.root {
			return err
		}
		name, _ := filepath.Rel(u.root, file)
		name = filepath.ToSlash(name)
		skip, err := isIgnored(ignored, name)
		switch {
		case err != nil:
			return err
		case skip && found.IsDir() && !ignored.Exclusions():
			return fs.SkipDir
		case skip && !found.IsDir():
			return nil
		}
		entry, err := describe(file, name, found)
		if err != nil {
			return err
		}
		u.page = append(u.page, entry)
		if len(u.page) < pageEntries {
			return nil
		}
		return u.flush(ctx)
	})
	if err == nil {
		err = u.flush(ctx)
	}
	if err != nil {
		return err
	}
	_, err = u.client.Uploads.FinishUpload(ctx, &slipwayv1.FinishUploadRequest{Id: u.id})
	return err
}

// flush sends the entries of a page to the host, and the contents that it lacks.
func (u *upload) flush(ctx context.Context) error {
	page := u.page
	u.page = nil
	answer, err := u.client.Uploads.AddBlobs(ctx, &slipwayv1.AddBlobsRequest{Id: u.id, Entries: page})
	if err != nil {
		return err
	}
	missing := map[string]bool{}
	for _, digest := range answer.GetMissingDigests() {
		missing[digest] = true
	}
	batch := []*slipwayv1.Blob{}
	size := 0
	put := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := u.client.Uploads.AddBlobs(ctx, &slipwayv1.AddBlobsRequest{Id: u.id, Blobs: batch})
		batch, size = nil, 0
		return err
	}
	for _, entry := range page {
		if !missing[entry.GetDigest()] {
			continue
		}
		delete(missing, entry.GetDigest())
		if entry.GetSizeBytes() > int64(u.chunkBytes()) {
			if err := u.sendChunks(ctx, entry); err != nil {
				return err
			}
			continue
		}
		data, err := os.ReadFile(filepath.Join(u.root, pathOf(entry)))
		if err != nil {
			return err
		}
		if size+len(data) > u.chunkBytes() {
			if err := put(); err != nil {
				return err
			}
		}
		size += len(data)
		batch = append(batch, &slipwayv1.Blob{Digest: entry.GetDigest(), SizeBytes: entry.GetSizeBytes(), Data: data})
	}
	return put()
}

// sendChunks sends a large file in chunks.
func (u *upload) sendChunks(ctx context.Context, entry *slipwayv1.ManifestEntry) error {
	file, err := os.Open(filepath.Join(u.root, pathOf(entry)))
	if err != nil {
		return err
	}
	defer file.Close()
	buffer := make([]byte, u.chunkBytes())
	for offset := int64(0); offset < entry.GetSizeBytes(); {
		read, err := io.ReadFull(file, buffer)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%s changed while it was uploaded: %w", pathOf(entry), err)
		}
		blob := &slipwayv1.Blob{
			Digest: entry.GetDigest(), SizeBytes: entry.GetSizeBytes(), Offset: offset, Data: buffer[:read],
		}
		request := &slipwayv1.AddBlobsRequest{Id: u.id, Blobs: []*slipwayv1.Blob{blob}}
		if _, err := u.client.Uploads.AddBlobs(ctx, request); err != nil {
			return err
		}
		offset += int64(read)
	}
	return nil
}

func (u *upload) chunkBytes() int {
	if limit := u.client.Limits.GetMaxChunkBytes(); limit > 0 && limit < batchBytes {
		return int(limit)
	}
	return batchBytes
}

// describe returns the manifest entry of a file, folder or link.
func describe(file, name string, found fs.DirEntry) (*slipwayv1.ManifestEntry, error) {
	info, err := found.Info()
	if err != nil {
		return nil, err
	}
	entry := &slipwayv1.ManifestEntry{
		Mode:       permissions(info.Mode()),
		ModifyTime: timestamppb.New(info.ModTime()),
	}
	if utf8.ValidString(name) {
		entry.Path = name
	} else {
		entry.RawPath = []byte(name)
	}
	switch {
	case info.IsDir():
		entry.Type = slipwayv1.EntryType_ENTRY_TYPE_DIRECTORY
	case info.Mode()&fs.ModeSymlink != 0:
		entry.Type = slipwayv1.EntryType_ENTRY_TYPE_SYMLINK
		var target string
		target, err = os.Readlink(file)
		if utf8.ValidString(target) {
			entry.LinkTarget = target
		} else {
			entry.RawLinkTarget = []byte(target)
		}
	case info.Mode().IsRegular():
		entry.Type = slipwayv1.EntryType_ENTRY_TYPE_FILE
		entry.Digest, entry.SizeBytes, err = digest(file)
	default:
		err = fmt.Errorf("%s is a device or a pipe, which cannot be uploaded; list it in .dockerignore", name)
	}
	return entry, err
}

// pathOf is the path of an entry in the folder.
func pathOf(entry *slipwayv1.ManifestEntry) string {
	if raw := entry.GetRawPath(); len(raw) > 0 {
		return string(raw)
	}
	return entry.GetPath()
}

func digest(file string) (string, int64, error) {
	opened, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer opened.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, opened)
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), size, err
}

// permissions are the bits of chmod(1).
func permissions(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if mode&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

// readIgnoreFile reads the patterns in .dockerignore. Its error is DOCKERIGNORE_TOO_LARGE above the limits.
func readIgnoreFile(root string) (*patternmatcher.PatternMatcher, error) {
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	if errors.Is(err, fs.ErrNotExist) {
		return patternmatcher.New(nil)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIgnoreBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxIgnoreBytes {
		return nil, ignoreFileTooLarge(ignoreFileLimits, ignoreFileRemedy)
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	if len(patterns) > maxIgnorePatterns {
		return nil, ignoreFileTooLarge(ignoreFileLimits, ignoreFileRemedy)
	}
	for _, pattern := range patterns {
		most := maxPatternBytes
		if !plainPattern.MatchString(strings.TrimPrefix(pattern, "!")) {
			most = maxWildcardBytes
		}
		if len(pattern) > most {
			message := fmt.Sprintf("A pattern of the ignore file has %d bytes, and at most %d are allowed.", len(pattern), most)
			return nil, ignoreFileTooLarge(message, "Use a shorter pattern.")
		}
	}
	return patternmatcher.New(patterns)
}

const ignoreFileRemedy = "Replace single names by patterns, such as those of their folders."

var ignoreFileLimits = fmt.Sprintf("The ignore file has more than %d MiB or %d patterns.", maxIgnoreBytes>>20, maxIgnorePatterns)

func ignoreFileTooLarge(message, remedy string) error {
	return &Error{Code: codes.ResourceExhausted, Reason: "DOCKERIGNORE_TOO_LARGE", Message: message, Remedy: remedy}
}

// isIgnored reports whether an entry is excluded. BuildKit always needs the Dockerfile and the ignore files.
func isIgnored(ignored *patternmatcher.PatternMatcher, name string) (bool, error) {
	switch path.Clean(name) {
	case "Dockerfile", ".dockerignore", "Dockerfile.dockerignore":
		return false, nil
	}
	return ignored.MatchesOrParentMatches(name)
}
