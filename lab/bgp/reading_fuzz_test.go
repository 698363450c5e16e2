package bgp

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A user's own file of whatever content is read, soon, and what there is to say
// about it has its place in it.
func FuzzRead(f *testing.F) {
	seeds := ownFiles(f)
	daemons := slices.Sorted(maps.Keys(seeds))
	for i, daemon := range daemons {
		for _, text := range seeds[daemon] {
			f.Add(uint8(i), text)
		}
	}
	node := Config{Node: "a", ASN: 65001}
	f.Fuzz(func(t *testing.T, daemon uint8, text string) {
		alarm := time.AfterFunc(time.Minute, func() { panic("an answer takes more than a minute") })
		defer alarm.Stop()
		r := Read(daemons[int(daemon)%len(daemons)], "f", text)
		r.Summary()
		lines := 1 + strings.Count(text, "\n")
		for _, remark := range slices.Concat(r.Refused, r.Ignored, r.Doubts, fit{r, node, daemons[int(daemon)%len(daemons)]}.misfits()) {
			if remark.At.File != "f" || remark.At.Line < 0 || remark.At.Line > lines {
				t.Errorf("%v stands in none of %d lines", remark, lines)
			}
		}
	})
}

// ownFiles returns files as users have them, of each daemon that takes them, and
// those that are generated for it.
func ownFiles(f *testing.F) map[string][]string {
	files := map[string][]string{
		"bird": {birdSite, birdInPieces}, "exabgp": {exabgpSite}, "frr": {tutorial, frrSite}, "gobgpd": {gobgpdSite}, "openbgpd": {openbgpdSite},
	}
	for daemon := range drivers {
		if Read(daemon, "f", "") == nil {
			continue
		}
		generated, err := filepath.Glob(filepath.Join("testdata", "golden", daemon, "*", "*"))
		if err != nil || files[daemon] == nil {
			f.Fatalf("no files of %s, %v", daemon, err)
		}
		for _, path := range generated {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			files[daemon] = append(files[daemon], string(text))
		}
	}
	return files
}
