package scenarios

import (
	"strings"
	"testing"
)

func TestExpectationsThatContradictEachOther(t *testing.T) {
	for text, want := range map[string]string{
		"median(outage) < 1s, median(outage) > 2s":                 "median(outage) > 2s and median(outage) < 1s can't both hold",
		"outage < 1s, outage >= 1s":                                "outage >= 1s and outage < 1s can't",
		"lost == 0, lost != 0":                                     "lost != 0 and lost == 0 can't",
		"rerouted == 1, rerouted == 2":                             "rerouted == 2 and rerouted == 1 can't",
		"catchment(london) == a, catchment(london) == b":           "catchment(london) == b and catchment(london) == a can't",
		"catchment(london) == a+b, catchment(london) != b+a":       "catchment(london) != b+a and",
		"unaffected, affected > 0":                                 "affected > 0 and unaffected can't",
		"catchment(london) != a, catchment(london) != b":           "",
		"catchment(london) != a, catchment(london) == b":           "",
		"catchment(london) == a, catchment_after(london) == b":     "",
		"median(outage) > 1s, median(outage) < 2s":                 "",
		"median(outage) > 1s, max(outage) < 1s":                    "",
		"outage >= 1s, outage <= 1s, outage > 100ms, outage != 2s": "",
		"outage(london) < 1s, outage > 1s, lost > 3, lost > 4":     "",
	} {
		_, err := Load("service-crash", "expect=["+text+"]")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Of claims either may be so: they are judged without a say.
func TestClaimsMayContradictEachOther(t *testing.T) {
	if _, err := Load("service-crash", "claim=[outage < 1s, outage > 1s]"); err != nil {
		t.Error(err)
	}
}

func TestExpectationsOfAnInternetThatContradictEachOther(t *testing.T) {
	_, err := LoadInternet("internet-withdraw", "expect=[p99(interruption) < 1s, p99(interruption) > 2s]")
	if err == nil || !strings.Contains(err.Error(), "--set:1:33: p99(interruption) > 2s and p99(interruption) < 1s can't both hold") {
		t.Error(err)
	}
}
