package driver

import (
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	commonv1 "slipway.dev/client/gen/slipway/common/v1"
)

// repeatAfter is how often open steps are reported again: the protocol asks for progress every few seconds.
const repeatAfter = 2 * time.Second

// Boot reports the steps of one Bootstrap to the user, and has its credentials.
type Boot struct {
	// Credentials are logins for pulling images, by registry host: those of NodeStatus.ImageRegistries.
	Credentials map[string]*RegistryCredential
	steps
}

// steps reports the steps of a call to the user.
type steps struct {
	report func(*commonv1.Progress)
	mutex  sync.Mutex
	open   []*Step
}

// Step is one step of a Bootstrap or of a lease before its first endpoint. Its methods can be called concurrently.
type Step struct {
	steps *steps
	state *commonv1.Progress
}

// Step begins a step, with an identity within the call ("pull") and a name for people ("pulling image moby/buildkit").
// A step that is still open when the driver's method returns ends with its error.
func (s *steps) Step(id, name string) *Step {
	step := &Step{steps: s, state: &commonv1.Progress{Id: id, Name: name}}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open = append(s.open, step)
	s.report(step.state)
	return step
}

// Progress reports the amount done and the total, in bytes unless the name says otherwise. A total of 0 means unknown.
func (s *Step) Progress(current, total int64) {
	s.steps.mutex.Lock()
	defer s.steps.mutex.Unlock()
	s.state.Current, s.state.Total = current, total
	s.steps.report(s.state)
}

// Log reports a line of output that belongs to the step.
func (s *Step) Log(line string) {
	s.steps.mutex.Lock()
	defer s.steps.mutex.Unlock()
	logged := proto.Clone(s.state).(*commonv1.Progress)
	logged.Log = line
	s.steps.report(logged)
}

// End ends the step. The error says why it failed; nil means that it did not. A step that has ended stays so.
func (s *Step) End(err error) {
	s.steps.mutex.Lock()
	defer s.steps.mutex.Unlock()
	s.end(err)
}

func (s *Step) end(err error) {
	if s.state.Done {
		return
	}
	s.state.Done = true
	if err != nil {
		s.state.Error = err.Error()
	}
	s.steps.open = slices.DeleteFunc(s.steps.open, func(one *Step) bool { return one == s })
	s.steps.report(s.state)
}

// run calls work, and reports its open steps until it returns.
func (s *steps) run(work func() error) error {
	over := make(chan struct{})
	var repeating sync.WaitGroup
	repeating.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(repeatAfter):
				s.repeat()
			}
		}
	})
	defer repeating.Wait()
	defer close(over)
	err := work()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for len(s.open) > 0 {
		s.open[0].end(err)
	}
	return err
}

func (s *steps) repeat() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, step := range s.open {
		s.report(step.state)
	}
}
