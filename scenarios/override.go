package scenarios

import (
	"slices"
	"strings"

	"anylab/topologies/document"
)

// shorthands are keys of the topology that may be written without
// "topology.".
var shorthands = map[string]string{
	"daemon":    "topology.daemon",
	"multipath": "topology.bgp.multipath",
	"bgp":       "topology.bgp",
	"bfd":       "topology.bfd",
}

// route turns the key of an override into a path of the document. It returns
// the keys that are known when the first part isn't one of them.
func route(key string) (path string, known []string) {
	first, _, _ := strings.Cut(key, ".")
	if long, ok := shorthands[first]; ok {
		return long + strings.TrimPrefix(key, first), nil
	}
	if first == "topology" {
		return key, nil
	}
	known = document.KeysOf(scenarioFile{})
	if slices.Contains(known, first) {
		return key, nil
	}
	for short := range shorthands {
		known = append(known, short)
	}
	return "", known
}

// override applies "key=value" settings in turn.
func override(d *document.Document, set []string) error {
	for _, kv := range set {
		if err := overrideOne(d, kv); err != nil {
			return err
		}
	}
	return nil
}

// replacesTopology says whether a cell of the matrix brings its own topology.
func replacesTopology(matrix document.Raw) bool {
	return matrix.Has("topology") || matrix.IsList() &&
		slices.ContainsFunc(matrix.Items(), func(cell document.Raw) bool { return cell.Has("topology") })
}

func overrideOne(d *document.Document, kv string) error {
	key, value, ok := strings.Cut(kv, "=")
	if !ok {
		return document.Setting(kv).Errorf("", "%q is not of the form key=value", kv)
	}
	path, known := route(key)
	if path == "" {
		first, _, _ := strings.Cut(key, ".")
		return document.Setting(kv).Errorf("", "%s", document.Unknown("key", first, known))
	}
	if strings.HasPrefix(path, "topology.") {
		if replacesTopology(d.Root().Value("matrix")) {
			return document.Setting(kv).Errorf("", "%s can't be set: the matrix has an axis of whole topologies", key)
		}
		if err := embedTopology(d); err != nil {
			return err
		}
	}
	return d.SetPath(path, key, value)
}
