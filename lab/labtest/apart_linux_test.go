package labtest

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// TestPlayed is carried out in processes of its own only.
func TestPlayed(t *testing.T) {
	if os.Getenv(apartEnv) == "" {
		return // TestApart plays it
	}
	t.Run("it passes", func(*testing.T) {})
	t.Run("it fails", func(t *testing.T) { t.Error("a lie") })
	t.Run("it panics", func(*testing.T) { panic("a panic") })
	t.Run("it is skipped", func(t *testing.T) { t.Skip("a reason") })
	t.Run("it hangs", func(*testing.T) { select {} })
}

// What becomes of a test that is apart becomes of it here.
func TestApart(t *testing.T) {
	Require(t, "netns")
	for name, want := range map[string]struct {
		says string
		ok   func(error) bool
	}{
		"it_passes":     {"PASS", func(err error) bool { return err == nil }},
		"it_fails":      {"a lie", failed},
		"it_panics":     {"a panic", failed},
		"it_is_skipped": {"a reason", func(err error) bool { return errors.Is(err, errSkipped) }},
		"it_hangs":      {"test timed out", failed},
		"it_is_unknown": {"no tests to run", failed},
	} {
		out, err := carryOut("TestPlayed/"+name, time.Second)
		if !want.ok(err) || !strings.Contains(out, want.says) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func failed(err error) bool { return err != nil && !errors.Is(err, errSkipped) }

// Labs whose nodes have the same names can be up at the same time if they are apart.
func TestLabsApart(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("lab", func(t *testing.T) {
			if Apart(t) {
				return
			}
			if n := len(Open(t, one).Nodes()); n != 3 || os.Getenv(apartEnv) != t.Name() {
				t.Errorf("%d nodes in the process of %q, want 3 in that of %s", n, os.Getenv(apartEnv), t.Name())
			}
		})
	}
}
