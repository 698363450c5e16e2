package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Places are what an expectation may say of where traffic goes: which neighbor
// the best path of a speaker leads to (what its daemon marks with "*>"), and
// which nodes answer a client. Without an ending it is about the time before the
// fault; _after is once the outcome is known, _healed once all is well again.
var Places = map[string]topologies.Role{
	"best_path":        topologies.Router,
	"best_path_after":  topologies.Router,
	"best_path_healed": topologies.Router,
	"catchment":        topologies.Client,
	"catchment_after":  topologies.Client,
	"catchment_healed": topologies.Client,
}

func placeNames() []string { return slices.Sorted(maps.Keys(Places)) }

// readPlace reads the subject of an expectation that begins like a place.
func readPlace(e *Expectation) error {
	e.Metric, e.Of, e.Stat = e.Stat, e.Metric, ""
	if e.Of == "" {
		return fmt.Errorf("%s is of a node: %s(upstream)", e.Metric, e.Metric)
	}
	if e.Op != "==" && e.Op != "!=" {
		return fmt.Errorf("%s is a node, which is compared with == or !=, not with %s", e.Metric, e.Op)
	}
	return nil
}

// checkPlace checks the names of nodes.
func checkPlace(e Expectation, t topologies.Topology) error {
	if e.Is == "" {
		return nil
	}
	client := Places[e.Metric] == topologies.Client
	var asked []string
	for _, n := range t.Nodes {
		if client == (n.Role == topologies.Client) {
			asked = append(asked, n.Name)
		}
	}
	if !slices.Contains(asked, e.Of) {
		what := "node with a speaker"
		if client {
			what = "client"
		}
		return errors.New(document.NoSuch(what, e.Of, asked))
	}
	possible := append(t.Of(topologies.Anycast), record.Nowhere)
	if !client {
		possible = append(possible, t.Of(topologies.Router)...)
	}
	for name := range strings.SplitSeq(e.Is, "+") {
		if !slices.Contains(possible, name) {
			return errors.New(document.NoSuch("node", name, possible))
		}
	}
	return nil
}
