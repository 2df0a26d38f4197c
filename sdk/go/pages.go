package driver

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// pageEntries is the number of entries of a page, unless the request wants fewer.
	pageEntries = 1000
	// checksumBytes is the length of a token's checksum, which finds tokens that were made up or belong to another request.
	checksumBytes = 16
)

// listRequest is a request for a page of a list.
type listRequest interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// page is the page of a list that a request asks for.
type page struct {
	// request is all of the request but its page.
	request string
	size    int
	// end is how many entries the pages before had, and last the key of their last entry; 0 for the first page.
	end  int
	last string
}

// readPage reads which page a request asks for: INVALID_ARGUMENT, reason PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID.
func readPage(request listRequest) (*page, error) {
	size := int(request.GetPageSize())
	if size < 0 {
		return nil, invalidRequest("page_size", "PAGE_SIZE_INVALID", fmt.Sprintf("The page size %d is negative.", size))
	}
	if size == 0 || size > pageEntries {
		size = pageEntries
	}
	found := &page{request: withoutPage(request), size: size}
	if token := request.GetPageToken(); token != "" && !found.readToken(token) {
		return nil, invalidRequest("page_token", "PAGE_TOKEN_INVALID",
			"The page token is not of this list, or the request has changed since it was given.")
	}
	return found, nil
}

func withoutPage(request listRequest) string {
	rest := proto.Clone(request).ProtoReflect()
	for _, name := range []protoreflect.Name{"page_size", "page_token"} {
		rest.Clear(rest.Descriptor().Fields().ByName(name))
	}
	// It cannot fail for what was decoded before.
	content, _ := proto.MarshalOptions{Deterministic: true}.Marshal(rest.Interface())
	return string(rest.Descriptor().FullName()) + " " + string(content)
}

// token stands for the place after an entry.
func (p *page) token(end int, key string) string {
	place := fmt.Sprintf("%d %s", end, key)
	sum := sha256.Sum256([]byte(p.request + "\n" + place))
	return base64.RawURLEncoding.EncodeToString(slices.Concat(sum[:checksumBytes], []byte(place)))
}

func (p *page) readToken(token string) bool {
	content, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(content) < checksumBytes {
		return false
	}
	end, key, _ := strings.Cut(string(content[checksumBytes:]), " ")
	p.end, err = strconv.Atoi(end)
	p.last = key
	return err == nil && p.end > 0 && p.token(p.end, key) == token
}

// pageOf takes the page from the whole list, which is made anew for each page, and returns the token of the next one. The
// page begins after the last entry of the page before; if that is gone, with what took its place.
func pageOf[T any](p *page, entries []T, keyOf func(T) string) ([]T, string) {
	start := 0
	if p.end > 0 {
		start = slices.IndexFunc(entries, func(entry T) bool { return keyOf(entry) == p.last }) + 1
		if start == 0 {
			start = min(p.end-1, len(entries))
		}
	}
	end := start + p.size
	if end >= len(entries) {
		return entries[start:], ""
	}
	return entries[start:end], p.token(end, keyOf(entries[end-1]))
}
