package labtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab"
)

// apartEnv names the test that this process is there for.
const apartEnv = "ANYLAB_TEST_APART"

// Apart carries the test out in a process and a sandbox of its own, beside others
// that are apart, and says that it did: the test is over then. In that process, and
// where there is no sandbox, it says no. Labs of one sandbox would share the names
// of their nodes.
//
//	if labtest.Apart(t) {
//		return
//	}
func Apart(t *testing.T) bool {
	t.Helper()
	if !lab.InSandbox() || os.Getenv(apartEnv) == t.Name() {
		return false
	}
	t.Parallel()
	switch out, err := carryOut(t.Name(), left(t)); {
	case errors.Is(err, errSkipped):
		t.Skip(out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	default:
		t.Log(out)
	}
	return true
}

var errSkipped = errors.New("the test was skipped")

// carryOut runs one test in a process of its own, and returns what it printed.
func carryOut(test string, timeout time.Duration) (out string, err error) {
	args := append(slices.Clone(os.Args[1:]), "-test.run="+exactly(test), "-test.v", "-test.count=1", "-test.timeout="+timeout.String(), "-test.testlogfile=")
	cmd := exec.Command("/proc/self/exe", args...) // of a flag that is given twice the last one counts
	cmd.Env = append(os.Environ(), apartEnv+"="+test)
	text, err := cmd.CombinedOutput()
	out = string(text)
	switch {
	case err != nil:
		return out, fmt.Errorf("%s in a process of its own: %w", test, err)
	case strings.Contains(out, "--- SKIP: "+test+" "):
		return out, errSkipped
	case !strings.Contains(out, "--- PASS: "+test+" "):
		return out, fmt.Errorf("%s was not carried out", test)
	}
	return out, nil
}

// exactly is the pattern that "go test -run" takes for one test.
func exactly(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// left is how long the test may take, 0 for ever: its process is to say itself what
// it was waiting for.
func left(t *testing.T) time.Duration {
	end, ok := t.Deadline()
	if !ok {
		return 0
	}
	return max(time.Second, time.Until(end)-10*time.Second)
}
