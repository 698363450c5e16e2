package service

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// healthKind is one kind of health check: what watches, and what others must
// know of it.
type healthKind struct {
	watch watch
	HealthFacts
}

// HealthFacts is what others must know of a kind of health check.
type HealthFacts struct {
	Summary   string   // what it does
	Services  []string // the kinds of services that can pass it; none: all, since it asks them nothing, or nothing that is known
	Polls     bool     // it asks again and again, and wants to be told when and how often
	Datagram  bool     // what it asks with, of each address
	Command   bool     // it runs a command of the user's
	Announces bool     // that command, or the daemon with what is in its file, announces by itself
}

// healthKinds has one line for each kind, which is a file of this package.
var healthKinds = map[string]healthKind{
	"dns":     dnsHealth,
	"http":    httpHealth,
	"loop":    loopHealth,
	"none":    noneHealth,
	"process": processHealth,
	"script":  scriptHealth,
	"tcp":     tcpHealth,
	"udp":     udpHealth,
}

// HealthKinds returns the kinds of health checks, sorted.
func HealthKinds() []string { return slices.Sorted(maps.Keys(healthKinds)) }

// AboutHealth returns the facts of a kind of health check; it is false if
// there is no such kind.
func AboutHealth(name string) (HealthFacts, bool) {
	k, ok := healthKinds[name]
	return k.HealthFacts, ok
}

// HealthOf lists the kinds of checks that a kind of service can pass: first
// those that ask it something. One of the user's own may pass any.
func HealthOf(kind string) []string {
	var asking, every []string
	for _, name := range HealthKinds() {
		switch k := healthKinds[name]; {
		case k.Services == nil:
			every = append(every, name)
		case slices.Contains(k.Services, kind) || kinds[kind].Command:
			asking = append(asking, name)
		}
	}
	return append(asking, every...)
}

// Polls says whether the check is made once an interval.
func (h Health) Polls() bool { return healthKinds[h.Kind].Polls }

// Announces says whether the check is a command that announces by itself.
func (h Health) Announces() bool { return healthKinds[h.Kind].Announces }

func (h Health) check() error {
	k, known := healthKinds[h.Kind]
	switch {
	case !known:
		return fmt.Errorf("health kind %q is not one of %s", h.Kind, strings.Join(HealthKinds(), " "))
	case !k.Polls:
		return nil
	case h.Interval <= 0 || h.Timeout <= 0:
		return fmt.Errorf("health kind %s needs an interval and a timeout above zero", h.Kind)
	case h.Fall < 1 || h.Rise < 1:
		return fmt.Errorf("health kind %s needs fall and rise of at least 1", h.Kind)
	case k.Command && len(h.Command) == 0:
		return fmt.Errorf("health kind %s needs a command", h.Kind)
	}
	return nil
}
