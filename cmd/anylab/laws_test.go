package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"anylab/lab/fault"
)

// allowed lists what each package of the module may import of the others:
// imports go downwards only. A package that is not listed is an error.
var allowed = map[string][]string{
	"cmd/anylab":          {"*"},
	"lab":                 {"lab/record", "lab/relay", "topologies"},
	"lab/bfd":             {"lab/record", "lab/urgent", "topologies/document"},
	"lab/bgp":             {"lab", "lab/speaker", "topologies", "topologies/document"},
	"lab/fault":           {"lab/record", "topologies", "topologies/document"},
	"lab/hand":            {"lab", "lab/bgp", "lab/fault", "lab/observe", "lab/probe", "lab/record", "lab/run", "lab/world", "scenarios", "topologies", "topologies/document"}, // above a run: it lets people into labs that run makes
	"lab/internet":        {"lab/record", "lab/virtual", "scenarios", "topologies"},                                                                                            // it simulates: nothing of it needs a kernel
	"lab/labtest":         {"lab", "lab/record", "topologies", "topologies/document"},
	"lab/monitor":         {"lab", "lab/bgp", "lab/record", "topologies"},
	"lab/observe":         {"lab", "lab/record", "topologies", "topologies/document"},
	"lab/probe":           {"lab", "lab/record", "lab/urgent", "topologies/document"},
	"lab/record":          {},
	"lab/relay":           {"lab/record", "lab/urgent", "topologies", "topologies/document"},
	"lab/run":             {"lab", "lab/bfd", "lab/bgp", "lab/fault", "lab/monitor", "lab/observe", "lab/probe", "lab/record", "lab/service", "lab/simulate", "lab/world", "scenarios", "topologies", "topologies/document"},
	"lab/service":         {"lab", "lab/record", "topologies", "topologies/document"},
	"lab/simulate":        {"lab/fault", "lab/record", "lab/virtual", "scenarios", "topologies"}, // what stands in for a lab, on any system
	"lab/speaker":         {"lab", "lab/bfd", "lab/record", "topologies", "topologies/document"},
	"lab/urgent":          {},
	"lab/virtual":         {}, // simulations share it
	"lab/world":           {"lab", "lab/bgp", "lab/fault", "lab/service", "topologies"},
	"reports":             {"lab/record", "reports/figure", "reports/live", "reports/page", "reports/stats", "reports/timeline", "reports/words"},
	"reports/figure":      {"lab/record", "reports/stats", "reports/timeline", "reports/words"},
	"reports/live":        {"lab/record"},
	"reports/page":        {},
	"reports/stats":       {},
	"reports/timeline":    {"lab/record"},
	"reports/words":       {"lab/record", "reports/timeline"},
	"scenarios":           {"lab/record", "topologies", "topologies/document"},
	"topologies":          {"topologies/document"},
	"topologies/document": {},
}

func TestImportsGoDownwards(t *testing.T) {
	for _, p := range modulePackages(t) {
		name := strings.TrimPrefix(p.ImportPath, "anylab/")
		may, ok := allowed[name]
		if !ok {
			t.Errorf("package %s is in no list of allowed imports", name)
			continue
		}
		for _, imported := range p.Imports {
			sub, ours := strings.CutPrefix(imported, "anylab/")
			if ours && !slices.Contains(may, sub) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s", name, sub)
			}
		}
	}
}

// TestReportsReadFactsOnly: the table above says so too; this one says why, and
// holds for packages below reports that are still to come.
func TestReportsReadFactsOnly(t *testing.T) {
	for _, p := range modulePackages(t) {
		if below, ok := strings.CutPrefix(p.ImportPath, "anylab/reports"); !ok || below != "" && below[0] != '/' {
			continue
		}
		for _, imported := range p.Imports {
			if needsExperiment(imported) {
				t.Errorf("%s imports %s: what a report must know of the experiment, the record states", p.ImportPath, imported)
			}
		}
	}
	for path, want := range map[string]bool{"anylab/scenarios": true, "anylab/topologies/document": true, "anylab/lab": true, "anylab/lab/record": false, "slices": false} {
		if needsExperiment(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

// needsExperiment says whether a package is of the lab or of what it is told to
// do, and not of what it records.
func needsExperiment(path string) bool {
	if path == "anylab/lab/record" {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "anylab/"), "/")
	return strings.HasPrefix(path, "anylab/") && slices.Contains([]string{"lab", "scenarios", "topologies"}, first)
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func modulePackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "anylab/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := in.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// verbs are kinds of faults whose names mean something else, too: what BGP
// speakers do with routes, what a link does to packets, and a kind of health check.
var verbs = []string{"loss", "script", "withdraw"}

// oldRecords is where the faults of records are known that didn't state them.
const oldRecords = "scenarios/stored.go"

func TestLawNobodyKnowsAFaultsName(t *testing.T) {
	var names []string
	for _, name := range fault.Names() {
		if !slices.Contains(verbs, name) {
			names = append(names, name)
		}
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := filepath.Rel(root, path)
		if err != nil || filepath.Dir(file) == filepath.Join("lab", "fault") || filepath.ToSlash(file) == oldRecords {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range knownNames(string(text), names) {
			t.Errorf("%s knows the fault %s", file, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// knownNames returns which of the names are strings of a source.
func knownNames(source string, names []string) []string {
	var found []string
	for _, name := range names {
		if strings.Contains(source, strconv.Quote(name)) || strings.Contains(source, "`"+name+"`") {
			found = append(found, name)
		}
	}
	return found
}

func TestTheLawOfNamesCatchesABreach(t *testing.T) {
	source := "if kind == \"reboot\" || kind == `isolate` {"
	if got := knownNames(source, []string{"isolate", "reboot", "drain"}); !slices.Equal(got, []string{"isolate", "reboot"}) {
		t.Errorf("found %v, want isolate and reboot", got)
	}
}

// changesNetwork matches calls that change links, addresses, routes, rules,
// queues or filters.
var changesNetwork = regexp.MustCompile(`\b(netlink|nlh|handle|h)\.(Link|Addr|Route|Rule|Neigh|Qdisc|Class|Filter|Nexthop)(Add|Del|Set|Replace|Append|Change|Modify)\w*\(|nftables\.(New|Conn)`)

func TestOnlyLabChangesTheNetwork(t *testing.T) {
	eachSource(t, func(path, text string) {
		if found := changesNetwork.FindString(text); found != "" && filepath.Dir(path) != "lab" && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s changes the kernel's network: %s", path, found)
		}
	})
}

// eachSource calls f with the path, from the tree's top, and the text of every
// Go file of the module but this one.
func eachSource(t *testing.T, f func(path, text string)) {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "laws_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, path)
		f(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheNetworkLawCatchesABreach(t *testing.T) {
	for _, breach := range []string{"netlink.LinkSetDown(l)", "h.RouteReplace(r)", "nftables.New()"} {
		if !changesNetwork.MatchString(breach) {
			t.Errorf("%s goes unnoticed", breach)
		}
	}
}

// everyFamily matches a call that opens a netlink socket of every family that
// the library knows: it fails where the kernel lacks one that nobody needs.
var everyFamily = regexp.MustCompile(`\bnetlink\.NewHandle(At)?\(\)`)

func TestNetlinkSocketsNameTheirFamily(t *testing.T) {
	if !everyFamily.MatchString("h, err := netlink.NewHandle()") {
		t.Fatal("a call without a family goes unnoticed")
	}
	eachSource(t, func(path, text string) {
		if everyFamily.MatchString(text) {
			t.Errorf("%s opens netlink sockets of every family", path)
		}
	})
}

// topLevel is what may stand beside dot-files at the top of the tree.
var topLevel = []string{"Makefile", "README.md", "anylab", "cmd", "go.mod", "go.sum", "lab", "out", "reports", "scenarios", "topologies", "topologies/document"}

func TestTopLevelHoldsNothingElse(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}
