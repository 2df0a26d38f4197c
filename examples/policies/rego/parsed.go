package main

import (
	"crypto/sha256"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	buildv1 "slipway.dev/client/gen/slipway/build/v1"
)

// maxParsed is the largest number of files that parsed remembers.
const maxParsed = 1000

// parsed remembers the files that have no errors of syntax, so that each is parsed once for all decisions of its builds.
type parsed struct {
	mutex   sync.Mutex
	digests map[[sha256.Size]byte]bool
}

// check returns the error of syntax in a file.
func (p *parsed) check(file *buildv1.PolicyFile) error {
	digest := sha256.Sum256(file.GetContent())
	p.mutex.Lock()
	isKnown := p.digests[digest]
	p.mutex.Unlock()
	if isKnown {
		return nil
	}
	if _, err := ast.ParseModule(file.GetName(), string(file.GetContent())); err != nil {
		return err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.digests == nil || len(p.digests) >= maxParsed {
		p.digests = map[[sha256.Size]byte]bool{}
	}
	p.digests[digest] = true
	return nil
}
