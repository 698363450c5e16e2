package lab_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// What a lab used here, the capabilities must list, and what they list as
// missing must come with its remedy.
func TestCapabilities(t *testing.T) {
	before := takeHost(t)
	found := map[string]lab.Capability{}
	for _, c := range lab.Capabilities() {
		t.Logf("%-12s ok=%-5v %s %s", c.Name, c.OK, c.Detail, c.Fix)
		found[c.Name] = c
		if !c.OK && (c.Detail == "" || c.Fix == "") {
			t.Errorf("%s is missing without an explanation or a remedy", c.Name)
		}
		if c.Needed && !c.OK {
			t.Errorf("%s is missing, yet there is a sandbox", c.Name)
		}
	}
	if diff := cmp.Diff(before.Links, takeHost(t).Links); diff != "" {
		t.Errorf("interfaces changed (-before +after):\n%s", diff)
	}
	if kernel, err := lab.NewRoutes(); err != nil {
		t.Error(err)
	} else if err := kernel.Resilient(topologies.Resilient{Buckets: 1}); (err == nil) != found["resilient groups"].OK {
		t.Errorf("resilient groups: %+v, but using them says %v", found["resilient groups"], err)
	} else if err := kernel.Close(); err != nil {
		t.Error(err)
	}
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	if fellBack := len(l.Fallbacks()) > 0; fellBack == found["dummy"].OK {
		t.Errorf("dummy: %+v, but the lab's fallbacks are %v", found["dummy"], l.Fallbacks())
	}
}
