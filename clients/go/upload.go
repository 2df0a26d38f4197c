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

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"google.golang.org/protobuf/types/known/timestamppb"

	slipwayv1 "slipway.dev/client/gen/slipway/v1"
)

const (
	// pageEntries is how many entries of a context are told in one message.
	pageEntries = 1024
	// batchBytes is how many bytes of small files are sent in one message, unless the host takes less.
	batchBytes = 1 << 20
)

// LocalContext is a folder as the context of a build: its path when the host sees this machine's files, and an upload
// otherwise.
func (c *Client) LocalContext(ctx context.Context, folder string) (*slipwayv1.Context, error) {
	if c.IsLocal() {
		whole, err := filepath.Abs(folder)
		return &slipwayv1.Context{Source: &slipwayv1.Context_Path{Path: whole}}, err
	}
	id, err := c.UploadContext(ctx, folder)
	return &slipwayv1.Context{Source: &slipwayv1.Context_Upload{Upload: id}}, err
}

// UploadContext uploads a folder, without what its .dockerignore lists, and returns the upload's id. Only contents that
// the host does not have yet are sent.
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
		// The host removes it later by itself, so a failure here adds nothing to the one at hand.
		c.Uploads.DeleteUpload(context.WithoutCancel(ctx), &slipwayv1.DeleteUploadRequest{Id: upload.id})
		return "", typed(err)
	}
	return upload.id, nil
}

// upload is an upload that is under way.
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
		out, err := isIgnored(ignored, name)
		switch {
		case err != nil:
			return err
		case out && found.IsDir() && !ignored.Exclusions():
			return fs.SkipDir
		case out && !found.IsDir():
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

// flush tells the host the entries of a page, and sends the contents that it lacks.
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
		if entry.GetSizeBytes() > int64(u.pieceBytes()) {
			if err := u.sendPieces(ctx, entry); err != nil {
				return err
			}
			continue
		}
		data, err := os.ReadFile(filepath.Join(u.root, entry.GetPath()))
		if err != nil {
			return err
		}
		if size+len(data) > u.pieceBytes() {
			if err := put(); err != nil {
				return err
			}
		}
		size += len(data)
		batch = append(batch, &slipwayv1.Blob{Digest: entry.GetDigest(), SizeBytes: entry.GetSizeBytes(), Data: data})
	}
	return put()
}

// sendPieces sends a large content, piece after piece.
func (u *upload) sendPieces(ctx context.Context, entry *slipwayv1.ManifestEntry) error {
	file, err := os.Open(filepath.Join(u.root, entry.GetPath()))
	if err != nil {
		return err
	}
	defer file.Close()
	buffer := make([]byte, u.pieceBytes())
	for offset := int64(0); offset < entry.GetSizeBytes(); {
		read, err := io.ReadFull(file, buffer)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%s changed while it was read: %w", entry.GetPath(), err)
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

func (u *upload) pieceBytes() int {
	if limit := u.client.Limits.GetMaxChunkBytes(); limit > 0 && limit < batchBytes {
		return int(limit)
	}
	return batchBytes
}

// describe tells what a file, folder or link is.
func describe(file, name string, found fs.DirEntry) (*slipwayv1.ManifestEntry, error) {
	info, err := found.Info()
	if err != nil {
		return nil, err
	}
	entry := &slipwayv1.ManifestEntry{
		Path:       name,
		Mode:       permissions(info.Mode()),
		ModifyTime: timestamppb.New(info.ModTime()),
	}
	switch {
	case info.IsDir():
		entry.Type = slipwayv1.EntryType_ENTRY_TYPE_DIRECTORY
	case info.Mode()&fs.ModeSymlink != 0:
		entry.Type = slipwayv1.EntryType_ENTRY_TYPE_SYMLINK
		entry.LinkTarget, err = os.Readlink(file)
	case info.Mode().IsRegular():
		entry.Type = slipwayv1.EntryType_ENTRY_TYPE_FILE
		entry.Digest, entry.SizeBytes, err = digest(file)
	default:
		err = fmt.Errorf("%s is a device or a pipe, which cannot be uploaded; list it in .dockerignore", name)
	}
	return entry, err
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

// readIgnoreFile reads what not to upload.
func readIgnoreFile(root string) (*patternmatcher.PatternMatcher, error) {
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	return patternmatcher.New(patterns)
}

// isIgnored tells whether an entry is left out. BuildKit reads the Dockerfile and the ignore file before all else.
func isIgnored(ignored *patternmatcher.PatternMatcher, name string) (bool, error) {
	switch path.Clean(name) {
	case "Dockerfile", ".dockerignore", "Dockerfile.dockerignore":
		return false, nil
	}
	return ignored.MatchesOrParentMatches(name)
}
