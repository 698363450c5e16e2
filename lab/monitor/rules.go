package monitor

import (
	"encoding/json"
	"fmt"
	"strings"

	"anylab/lab/bgp"
	"anylab/lab/record"
)

// rule is an alert: a series is less than 1.
type rule struct{ name, series string }

type rules []rule

// The alerts that are not about a daemon's sessions.
var (
	unreachable = rule{record.RuleUnreachable, "probe_success"}
	targetDown  = rule{record.RuleTarget, "up"}
)

// sessionRules are those that every guide to a daemon's exporter has.
func sessionRules(e bgp.Exporter) rules {
	return rules{{record.RuleSession, e.Up}, {record.RuleRoutes, e.Routes}}
}

// rulesOf are those of all targets, each once.
func rulesOf(targets []target) (all rules) {
	seen := map[rule]bool{}
	for _, t := range append(targets, target{rules: rules{targetDown}}) {
		for _, r := range t.rules {
			if !seen[r] {
				seen[r] = true
				all = append(all, r)
			}
		}
	}
	return all
}

// ruleFile is written as JSON, which YAML is too.
func (m *Monitor) ruleFile() string {
	var list []map[string]string
	for _, r := range m.rules {
		list = append(list, map[string]string{"alert": r.name, "expr": r.series + " < 1", "for": seconds(m.For)})
	}
	return encode(map[string]any{"groups": []any{map[string]any{"name": "anycast", "rules": list}}})
}

// config scrapes every target, a check by way of its exporter.
func (m *Monitor) config(targets []target) string {
	var jobs []any
	for i, t := range targets {
		job := map[string]any{"job_name": fmt.Sprintf("%s-%d", t.node, i),
			"static_configs": []any{map[string]any{"targets": []string{t.at.String()}, "labels": map[string]string{"instance": t.node}}}}
		if c := t.check; c != nil {
			job["metrics_path"] = "/probe"
			job["params"] = map[string][]string{"module": {c.Kind}, "target": {c.url()}}
		}
		jobs = append(jobs, job)
	}
	return encode(map[string]any{
		"global":         map[string]string{"scrape_interval": seconds(m.Scrape), "scrape_timeout": seconds(m.Scrape), "evaluation_interval": seconds(m.Scrape)},
		"rule_files":     []string{"rules.yml"},
		"scrape_configs": jobs,
	})
}

// url is the target as the prober of the check's kind takes it.
func (c Check) url() string {
	if strings.HasPrefix(c.Kind, "http") {
		return "http://" + c.Target + "/"
	}
	return c.Target
}

func encode(v any) string {
	text, _ := json.MarshalIndent(v, "", "  ") // maps, lists and texts
	return string(text)
}

// Kinds are the kinds of probes that blackbox_exporter can ask as well.
var Kinds = []string{"dns", "http", "tcp-connect"}

const blackboxConfig = `modules:
  dns: {prober: dns, timeout: 1s, dns: {transport_protocol: udp, query_name: id.server, query_type: TXT, query_class: CH}}
  http: {prober: http, timeout: 1s}
  tcp-connect: {prober: tcp, timeout: 1s}
`
