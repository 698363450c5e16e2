package reports

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"anylab/reports/page"
)

// A time that is only known to be longer than was waited has one name in all
// that people read. Scripts keep the status's own.
func TestNotRestoredHasOneName(t *testing.T) {
	s := crashes(3)
	for i := range s.trials {
		s.trials[i].dead = true
	}
	r := s.load(t)
	other := regexp.MustCompile(`unlimited|over \d[\d.]* ?m?s\b|\x{221e}|[^"\s.]not_restored`)
	for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML, "junit": JUnit} {
		var b strings.Builder
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		if got := other.FindString(b.String()); got != "" {
			t.Errorf("%s says %q", name, got)
		}
		if name != "junit" && !strings.Contains(b.String(), "repaired after 2000 ms") {
			t.Errorf("%s doesn't say when it was repaired:\n%s", name, b.String())
		}
	}
	var b strings.Builder
	if err := JSON(&b, r); err != nil || !strings.Contains(b.String(), `"status": "not_restored"`) {
		t.Errorf("%v, or result.json has another status", err)
	}
}

func TestComparisonOfNotRestored(t *testing.T) {
	never, fast := slices.Repeat([]Number{Number(math.Inf(1))}, 8), ramp(100, 2, 8)
	for _, c := range []struct {
		base, head []Number
		want       string
	}{
		{fast, never, "to not restored"}, {never, fast, "from not restored"},
	} {
		var b strings.Builder
		if err := page.Terminal(&b, Compare(outages(c.base), outages(c.head), DefaultThresholds()).Page(), 0); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.want) || strings.Contains(b.String(), "unlimited") {
			t.Errorf("%s lacks %q", b.String(), c.want)
		}
	}
	inf := Number(math.Inf(1))
	for want, ci := range map[string][2]Number{
		"1.0 to 2.0 ms": {1, 2}, "at least 1.0 ms": {1, inf}, "at most 2.0 ms": {-inf, 2}, "": {-inf, inf},
	} {
		if got := (Change{Unit: "ms", CI95: ci}).interval(); got != want {
			t.Errorf("%v: %q, want %q", ci, got, want)
		}
	}
}
