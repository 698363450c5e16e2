package service

import (
	"slices"
	"testing"
)

// Which checks a service can pass: what it answers, and what asks it nothing.
func TestHealthOf(t *testing.T) {
	unasking := []string{"loop", "none", "process", "script"}
	for kind, asking := range map[string][]string{
		"command": {"dns", "http", "tcp", "udp"}, // who knows what it speaks
		"dns":     {"dns", "tcp", "udp"},
		"http":    {"http", "tcp"},
		"tcp":     {"tcp"},
		"udp":     {"udp"},
	} {
		if got := HealthOf(kind); !slices.Equal(got, slices.Concat(asking, unasking)) {
			t.Errorf("%s can pass %v", kind, got)
		}
	}
}

// Every kind can be run, be watched as it is by default, and says where it listens.
func TestFacts(t *testing.T) {
	for _, name := range Kinds() {
		about, ok := About(name)
		if !ok || about.Summary == "" || len(about.Transports) == 0 || !slices.Contains(HealthOf(name), about.Health) {
			t.Errorf("%s declares %+v", name, about)
		}
		if k := kinds[name]; k.ready == nil || k.Command != (k.serve == nil) || k.Command != (k.Port == 0) {
			t.Errorf("%s declares %+v", name, k.Facts)
		}
	}
	for _, name := range HealthKinds() {
		if healthKinds[name].watch == nil {
			t.Errorf("nothing watches by %s", name)
		}
		if about, ok := AboutHealth(name); !ok || about.Summary == "" || about.Announces && !about.Command {
			t.Errorf("%s declares %+v", name, about)
		}
	}
	if _, ok := About("smtp"); ok {
		t.Error("a kind that there isn't has facts")
	}
}
