package driver

import (
	"context"
	"sync"
)

// nodeLocks make calls that change the same node run one after another. The zero value is ready.
type nodeLocks struct {
	mutex sync.Mutex
	held  map[string]*nodeLock
}

type nodeLock struct {
	// token is taken by the call that runs.
	token chan struct{}
	// users are the calls that run or wait.
	users int
}

// lock waits for the node's other calls; the returned function lets the next one run.
func (l *nodeLocks) lock(ctx context.Context, driver string, config *Config) (func(), error) {
	key := driver + "/" + config.Node
	l.mutex.Lock()
	if l.held == nil {
		l.held = map[string]*nodeLock{}
	}
	one := l.held[key]
	if one == nil {
		one = &nodeLock{token: make(chan struct{}, 1)}
		l.held[key] = one
	}
	one.users++
	l.mutex.Unlock()
	leave := func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if one.users--; one.users == 0 {
			delete(l.held, key)
		}
	}
	select {
	case one.token <- struct{}{}:
		return func() { <-one.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
