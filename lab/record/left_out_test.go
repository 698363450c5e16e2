package record

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeftOutLines(t *testing.T) {
	var list []LeftOut
	for _, l := range [][2]string{
		{"frr: killed", "no frr"}, {"bird: killed", "no bird"}, {"frr: silent, hold 3 s", "no frr"},
		{"exabgp: killed", "can't"}, {"bird under frr: killed", "no frr"}, {"plain", "can't"},
	} {
		list = append(list, LeftOut{Values: map[string]string{CellLabel: l[0]}, Reason: l[1]})
	}
	want := []string{
		"frr (killed; silent, hold 3 s); bird under frr: killed - no frr",
		"bird: killed - no bird",
		"exabgp: killed; plain - can't",
	}
	if diff := cmp.Diff(want, LeftOutLines(list)); diff != "" {
		t.Error(diff)
	}
	if LeftOutLines(nil) != nil {
		t.Error("nothing left out makes lines")
	}
}

func TestManyLeftOut(t *testing.T) {
	var list []LeftOut
	for i := range 1000 {
		list = append(list, LeftOut{Values: map[string]string{CellLabel: fmt.Sprintf("d%d: killed", i)}, Reason: "none is here"})
	}
	lines := LeftOutLines(list)
	if len(lines) != 1 || len(lines[0]) > 200 || !strings.HasSuffix(lines[0], "d9: killed; ... and 990 more - none is here") {
		t.Errorf("%.300q", lines)
	}
}
