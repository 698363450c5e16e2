package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"anylab/lab/bgp"
)

// generated are the tables of the manual that are made from the code. Each
// stands between "<!-- begin NAME -->" and "<!-- end NAME -->".
var generated = map[string]func(t *testing.T) string{
	"faults":         func(t *testing.T) string { return listTable(t, "faults", "fault", "what happens") },
	"fault-sections": faultSections,
	"daemons":        daemonTable,
	"services":       func(t *testing.T) string { return listTable(t, "services", "kind", "what it does") },
	"promises":       promiseTable,
	"checks":         func(t *testing.T) string { return listTable(t, "checks", "kind", "what it does") },
	"probes":         func(t *testing.T) string { return listTable(t, "probes", "kind", "what is asked") },
	"scenario-keys":  func(t *testing.T) string { return keyTable(schemaAt(t, "scenario")) },
	"trials-keys":    func(t *testing.T) string { return keyTable(schemaAt(t, "scenario", "trials", "anyOf", "1")) },
	"service-keys":   func(t *testing.T) string { return keyTable(schemaAt(t, "scenario", "services", "items")) },
	"health-keys":    func(t *testing.T) string { return keyTable(schemaAt(t, "scenario", "services", "items", "health")) },
	"dns-keys":       func(t *testing.T) string { return keyTable(schemaAt(t, "scenario", "services", "items", "dns")) },
	"probe-keys":     func(t *testing.T) string { return keyTable(schemaAt(t, "scenario", "probes", "items")) },
	"fault-keys":     func(t *testing.T) string { return keyTable(commonKeys(t)) },
	"suite-keys":     func(t *testing.T) string { return keyTable(schemaAt(t, "suite")) },
	"topology-keys":  func(t *testing.T) string { return keyTable(schemaAt(t, "topology")) },
	"node-keys":      func(t *testing.T) string { return keyTable(schemaAt(t, "topology", "nodes", "additionalProperties")) },
	"link-keys":      func(t *testing.T) string { return keyTable(schemaAt(t, "topology", "links", "items")) },
	"end-keys": func(t *testing.T) string {
		return keyTable(schemaAt(t, "topology", "links", "items", "to", "additionalProperties"))
	},
	"generate-keys": func(t *testing.T) string { return keyTable(schemaAt(t, "topology", "generate")) },
	"bgp-keys":      func(t *testing.T) string { return keyTable(schemaAt(t, "topology", "bgp")) },
	"bfd-keys":      func(t *testing.T) string { return keyTable(schemaAt(t, "topology", "bfd", "anyOf", "0")) },
	"damping-keys": func(t *testing.T) string {
		return keyTable(schemaAt(t, "topology", "nodes", "additionalProperties", "damping", "anyOf", "0"))
	},
	"resilient-keys": func(t *testing.T) string {
		return keyTable(schemaAt(t, "topology", "nodes", "additionalProperties", "resilient", "anyOf", "0"))
	},
}

// listTable is what "anylab list KIND" prints.
func listTable(t *testing.T, what, left, right string) string {
	t.Helper()
	for _, l := range lists {
		if l.what != what {
			continue
		}
		rows, err := l.rows()
		if err != nil {
			t.Fatal(err)
		}
		table := fmt.Sprintf("| %s | %s |\n| --- | --- |\n", left, right)
		for _, r := range rows {
			table += fmt.Sprintf("| `%s` | %s |\n", r[0], r[1])
		}
		return table
	}
	t.Fatalf("nothing lists %s", what)
	return ""
}

// key is a JSON Schema, or whatever stands in one.
type key map[string]any

// at returns what stands below a name: of a property, or of a part.
func (k key) at(name string) key {
	if p, ok := k["properties"].(map[string]any); ok && p[name] != nil {
		return p[name].(map[string]any)
	}
	switch below := k[name].(type) {
	case map[string]any:
		return below
	case []any:
		list := key{}
		for i, v := range below {
			list[fmt.Sprint(i)] = v
		}
		return list
	}
	return nil
}

// schemaAt returns a part of the schema of a format.
func schemaAt(t *testing.T, format string, path ...string) key {
	t.Helper()
	var out bytes.Buffer
	if code := execute([]string{"schema", format}, nil, &out, os.Stderr); code != exitPass {
		t.Fatalf("anylab schema %s: exit code %d", format, code)
	}
	var k key
	if err := json.Unmarshal(out.Bytes(), &k); err != nil {
		t.Fatal(err)
	}
	for _, name := range path {
		if k = k.at(name); k == nil {
			t.Fatalf("the schema %s has no %s in %v", format, name, path)
		}
	}
	return k
}

// properties lists a schema's keys, those that are required first.
func (k key) properties() (names []string, required []any) {
	required, _ = k["required"].([]any)
	properties, _ := k["properties"].(map[string]any)
	for name := range properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if x, y := slices.Contains(required, any(a)), slices.Contains(required, any(b)); x != y {
			return map[bool]int{true: -1, false: 1}[x]
		}
		return strings.Compare(a, b)
	})
	return names, required
}

// escape keeps what is no Markdown from being taken for it.
var escape = strings.NewReplacer("|", `\|`, "<name", `\<name`)

// keyTable describes the keys of a mapping.
func keyTable(k key) string {
	table := "| key | | |\n| --- | --- | --- |\n"
	names, required := k.properties()
	for _, name := range names {
		p := k.at(name)
		def := ""
		if slices.Contains(required, any(name)) {
			def = "required"
		} else if d, ok := p["default"]; ok {
			def = fmt.Sprintf("default %v", d)
		}
		about, _ := p["description"].(string)
		if enum := wordsOf(p); enum != "" {
			about = strings.TrimPrefix(about+": ", ": ") + enum
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", name, def, escape.Replace(about))
	}
	return table
}

// words lists the values that a key may have.
func wordsOf(p key) string {
	var list []string
	values, _ := p["enum"].([]any)
	for _, v := range values {
		list = append(list, fmt.Sprintf("`%v`", v))
	}
	return strings.Join(list, ", ")
}

// faultKinds returns the schema of each kind of fault, by its name.
func faultKinds(t *testing.T) map[string]key {
	t.Helper()
	kinds := map[string]key{}
	for _, k := range schemaAt(t, "scenario", "faults", "items", "oneOf") {
		kind := key(k.(map[string]any))
		kinds[fmt.Sprint(kind.at("kind")["const"])] = kind
	}
	return kinds
}

// commonKeys are those that every fault has.
func commonKeys(t *testing.T) key {
	t.Helper()
	kinds := faultKinds(t)
	common := key{"properties": map[string]any{}}
	for _, kind := range kinds {
		common["required"] = kind["required"]
		names, _ := kind.properties()
		for _, name := range names {
			everywhere := true
			for _, other := range kinds {
				everywhere = everywhere && other.at(name) != nil
			}
			if p := kind.at(name); everywhere {
				p["const"] = nil
				common["properties"].(map[string]any)[name] = map[string]any(p)
			}
		}
	}
	return common
}

// faultSections describes each fault with the keys of its own.
func faultSections(t *testing.T) string {
	common := commonKeys(t)
	kinds := faultKinds(t)
	var text strings.Builder
	for _, l := range lists {
		if l.what != "faults" {
			continue
		}
		rows, err := l.rows()
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if i > 0 {
				text.WriteByte('\n')
			}
			fmt.Fprintf(&text, "### %s\n\n%s%s.\n", r[0], strings.ToUpper(r[1][:1]), r[1][1:])
			own := key{"properties": map[string]any{}}
			names, _ := kinds[r[0]].properties()
			for _, name := range names {
				if common.at(name) == nil {
					own["properties"].(map[string]any)[name] = map[string]any(kinds[r[0]].at(name))
				}
			}
			if len(own["properties"].(map[string]any)) > 0 {
				text.WriteString("\n" + keyTable(own))
			}
		}
	}
	return text.String()
}

// abilities are the words for what drivers can do with their daemons.
var abilities = map[string]string{
	"Routes": "can be a router", "BestPath": "tells its best paths", "BFD": "BFD",
	"File": "your own file", "Restart": "graceful restart", "Connected": "announces an interface", "Processes": "runs programs",
	"Resilient": "resilient groups", "Steady": "steady keepalives", "MRAI": "MRAI", "Damping": "damping", "Limit": "max_prefixes", "GTSM": "ttl_security", "IdleHold": "idle_hold",
	"LongLived": "LLGR", "FastFailover": "fast external failover", "NextHops": "follows next hops",
	"Passive": "passive BFD", "Echo": "BFD echo", "VRRP": "VRRP, in place of BGP", "Unnumbered": "unnumbered sessions",
}

func daemonTable(t *testing.T) string {
	table := "| daemon | what it can do here |\n| --- | --- |\n"
	for _, name := range bgp.Names() {
		d, err := bgp.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		can := reflect.ValueOf(d.Capabilities())
		for i := range can.NumField() {
			words := abilities[can.Type().Field(i).Name]
			if can.Field(i).Kind() != reflect.Bool {
				continue
			}
			if words == "" {
				t.Errorf("the capability %s has no words", can.Type().Field(i).Name)
			}
			if can.Field(i).Bool() {
				list = append(list, words)
			}
		}
		table += "| `" + name + "` | " + strings.Join(list, ", ") + " |\n"
	}
	return table
}
