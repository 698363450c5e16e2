package service

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// speaker is an announcer that writes down what it was asked, or fails.
type speaker struct {
	mu    sync.Mutex
	calls []string
	err   error
}

func (s *speaker) Announce(_ context.Context, p ...netip.Prefix) error { return s.call("announce", p) }
func (s *speaker) Withdraw(_ context.Context, p ...netip.Prefix) error { return s.call("withdraw", p) }

func (s *speaker) call(verb string, p []netip.Prefix) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range p {
		verb += " " + p.String()
	}
	s.calls = append(s.calls, verb)
	return s.err
}

func (s *speaker) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// log returns the calls so far, joined by commas.
func (s *speaker) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.calls, ",")
}

func TestRoute(t *testing.T) {
	healthy := func(r *route) { r.healthy.Store(true); _ = r.align(t.Context()) }
	sick := func(r *route) { r.healthy.Store(false); _ = r.align(t.Context()) }
	align := func(r *route) { _ = r.align(t.Context()) }
	drain := func(r *route) { _ = r.drain(t.Context(), true) }
	undrain := func(r *route) { _ = r.drain(t.Context(), false) }
	broken := func(r *route) { r.announcer.(*speaker).fail(errors.New("no speaker")) }
	mended := func(r *route) { r.announcer.(*speaker).fail(nil) }
	const up, down = "announce 192.0.2.1/32", "withdraw 192.0.2.1/32"
	tests := []struct {
		name  string
		steps []func(*route)
		want  []string
	}{
		{"nothing to withdraw at start", []func(*route){align, sick, drain}, nil},
		{"follows the verdict", []func(*route){healthy, sick, healthy}, []string{up, down, up}},
		{"says it once", []func(*route){healthy, align, align}, []string{up}},
		{"drain and undrain", []func(*route){healthy, drain, drain, undrain}, []string{up, down, up}},
		{"sick while drained stays withdrawn", []func(*route){healthy, drain, sick, undrain}, []string{up, down}},
		{"healthy while drained is not announced", []func(*route){drain, healthy}, nil},
		{"undrain what was not drained", []func(*route){healthy, undrain}, []string{up}},
		{"a failed announcement is repeated", []func(*route){broken, healthy, align, mended, align, align}, []string{up, up, up}},
		{"a failed announcement may have worked", []func(*route){broken, healthy, mended, sick}, []string{up, down}},
		{"a failed withdrawal is repeated", []func(*route){healthy, broken, sick, mended, align, align}, []string{up, down, down}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := new(speaker)
			r := route{announcer: s, prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
			for _, step := range tt.steps {
				step(&r)
			}
			if want := strings.Join(tt.want, ","); s.log() != want {
				t.Errorf("calls: %q, want %q", s.log(), want)
			}
		})
	}
}

func TestRouteErrorNamesWhatWasTried(t *testing.T) {
	s := &speaker{err: errors.New("no speaker")}
	r := route{announcer: s, prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	r.healthy.Store(true)
	err := r.align(t.Context())
	if err == nil || !strings.Contains(err.Error(), "announce [192.0.2.1/32]: no speaker") {
		t.Errorf("got %v", err)
	}
}
