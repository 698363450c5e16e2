package scenarios

import (
	"fmt"
	"strings"
	"time"

	"anylab/topologies/document"
)

// scenarioFile is the form of a scenario's file. Its tags make the strict
// decoder and the JSON Schema.
type scenarioFile struct {
	Name       string                     `yaml:"name,required" doc:"what the scenario is called; the run directory has this name"`
	Summary    string                     `yaml:"summary" doc:"one sentence for whoever chooses a scenario"`
	Standard   string                     `yaml:"standard" enum:"rfc7747" doc:"whose items the report lists; rfc7747 for scenarios whose name begins so"`
	Topology   document.Raw               `yaml:"topology,required" doc:"a shipped name, a path relative to this file, a topology, or {base: <name or path>} with what differs"`
	Services   []serviceFile              `yaml:"services,required" doc:"what answers on the anycast address"`
	Probes     []probeFile                `yaml:"probes,required" doc:"who asks the services, and how often"`
	Faults     []faultFile                `yaml:"faults" doc:"what is broken and mended in every trial; with none, nothing may be lost"`
	Trials     trialsFile                 `yaml:"trials" default:"10" doc:"how often, per cell of the matrix; or {min: 10, max: 100, until: ci95(median(outage)) < 5%}"`
	Sustain    time.Duration              `yaml:"sustain" default:"1s" min:"1ms" max:"24h" doc:"how long service must last to count as restored"`
	Limit      time.Duration              `yaml:"limit" default:"30s" min:"1ms" max:"24h" doc:"how long a trial waits for service to be restored"`
	Settle     time.Duration              `yaml:"settle" min:"1ms" max:"24h" doc:"for how long nothing may have changed in the network before a trial begins; 1s"`
	Start      document.Raw               `yaml:"start" doc:"client to site, or sites: who serves it when a trial begins, by force if need be (sessions are cleared, daemons restarted, the lab built anew); whoever does when the lab has settled"`
	Monitoring *monitoringFile            `yaml:"monitoring" doc:"a real Prometheus in the lab, with the daemons' exporters and the usual alerts; none"`
	Expect     document.OneOrMore[string] `yaml:"expect" doc:"stat(metric) op value, or metric op value, which must hold in every trial; best_path(router) == node, catchment(client) == node, and the same with _after (the fault) and _healed; unaffected: nobody loses anything or is served by another site"`
	Claim      document.OneOrMore[string] `yaml:"claim" doc:"what somebody claims, written like expectations: the report says of every cell whether it holds, and the verdict is as without it"`
	Matrix     document.Raw               `yaml:"matrix" doc:"lists of values by key, as for --set; every combination is a cell with its own trials. Or a list of cells: mappings of keys to values, each with a label if it shall have a name"`
	Missing    string                     `yaml:"missing" enum:"fail skip" default:"fail" doc:"what becomes of a cell of the matrix whose daemon isn't installed, or can't do what the cell asks of it: fail, and nothing is run, or skip, and the run says which cells it left out and why"`
	At         document.Raw               `yaml:",self"`
}

type monitoringFile struct {
	On     string        `yaml:"on" doc:"the node that Prometheus runs on; the first router"`
	Scrape time.Duration `yaml:"scrape" default:"15s" min:"1s" max:"1h" doc:"from scrape to scrape, and from evaluation to evaluation"`
	For    time.Duration `yaml:"for" max:"1h" doc:"how long an alert's condition must have held before it fires; 0s"`
	At     document.Raw  `yaml:",self"`
}

type serviceFile struct {
	Name    string                     `yaml:"name,required" doc:"what probes call it; at most 32 of a-z, A-Z, 0-9, - and _"`
	Kind    string                     `yaml:"kind,required" doc:"what it speaks; command is any program"`
	On      document.OneOrMore[string] `yaml:"on" doc:"the anycast nodes that run it; all"`
	Global  document.OneOrMore[string] `yaml:"global" doc:"those of on that announce the network around the address, a /24 (IPv6: /48), and not the address itself: they serve where the others' route is gone"`
	Port    int                        `yaml:"port" min:"1" max:"65535" doc:"the kind's own, which a command has none of"`
	Command []string                   `yaml:"command" doc:"program and arguments, for kind command; {addr} {port} {node} {dir} are replaced"`
	Needs   document.OneOrMore[string] `yaml:"needs" doc:"programs that the commands use, beside the ones that they begin with; check names those that are missing"`
	Restart time.Duration              `yaml:"restart" min:"10ms" max:"24h" doc:"after so long it is started again when its process ended, as systemd does; never"`
	Ready   time.Duration              `yaml:"ready" min:"10ms" max:"20s" doc:"after each start but the lab's own it answers nobody for so long: it loads a zone, or fills a cache; a command takes what it takes; at once"`
	Health  healthFile                 `yaml:"health" doc:"how it is watched"`

	Capacity document.Rate `yaml:"capacity" max:"200000/s" doc:"of kinds dns and udp: the datagrams that a site can answer; what comes on top waits for up to 100ms, and what would wait for longer is dropped, the health check's as well"`
	Shed     bool          `yaml:"shed" doc:"a site that gets more than its capacity answers its health check first, and stays in service"`

	DNS *dnsFile     `yaml:"dns" doc:"it is not anycast: a name leads to the first healthy site, on an address of the site's own. health is then the check of the authoritative server"`
	At  document.Raw `yaml:",self"`
}

type dnsFile struct {
	TTL      time.Duration    `yaml:"ttl" default:"60s" min:"1s" max:"24h" doc:"for how long resolvers and users keep an answer, in whole seconds"`
	Extended document.Percent `yaml:"extended" doc:"the share of users whose resolver keeps answers for min_ttl at least"`
	MinTTL   time.Duration    `yaml:"min_ttl" default:"60s" min:"1s" max:"24h" doc:"what those extend shorter TTLs to, in whole seconds"`
	At       document.Raw     `yaml:",self"`
}

type healthFile struct {
	Kind     string         `yaml:"kind" doc:"the check; the service's own kind, or process for kind command. loop is a program that goes on asking, announces and withdraws, all by itself"`
	Interval *time.Duration `yaml:"interval" min:"1ms" max:"24h" doc:"from check to check; 1s. Of a loop: how long a round of it takes"`
	Timeout  *time.Duration `yaml:"timeout" min:"1ms" max:"24h" doc:"of one check; 1s, at most the interval"`
	Fall     *int           `yaml:"fall" min:"1" doc:"failed checks in a row until the route is withdrawn; 3"`
	Rise     *int           `yaml:"rise" min:"1" doc:"good checks in a row until it is announced; 2"`
	Command  []string       `yaml:"command" doc:"program and arguments, for kinds script and loop; {addr} {port} {node} {dir}, {dev}, the anycast interface, and {interval}, in seconds, are replaced"`
	At       document.Raw   `yaml:",self"`
}

type probeFile struct {
	From    string        `yaml:"from,required" doc:"a client"`
	Service string        `yaml:"service,required" doc:"a service's name"`
	Kind    string        `yaml:"kind" doc:"what is asked; follows the service's kind"`
	Rate    document.Rate `yaml:"rate" default:"1000/s" max:"200000/s" doc:"requests over all flows"`
	Flows   int           `yaml:"flows" default:"16" min:"1" max:"4096" doc:"source ports"`
	Timeout time.Duration `yaml:"timeout" min:"1ms" max:"1h" doc:"when an answer counts as lost; 1s, or four round trips of the probe where that is longer"`
	At      document.Raw  `yaml:",self"`
}

type faultFile struct {
	Kind      string                     `yaml:"kind,required" doc:"what is done"`
	On        document.OneOrMore[string] `yaml:"on,required" doc:"a node, the two ends of a link, or serving(client): whoever serves that client when it strikes, of a fault on links the site's link towards the client"`
	Direction direction                  `yaml:"direction" doc:"from->to for one way, else both"`
	End       string                     `yaml:"end" doc:"one end of the link"`
	For       time.Duration              `yaml:"for" min:"1ms" max:"24h" doc:"how long; until the outcome is known and has been sustained"`
	After     time.Duration              `yaml:"after" max:"24h" doc:"offset from the trial's first fault"`
	Repeat    *repeatFile                `yaml:"repeat" doc:"how often it happens in a trial; once"`
	Params    document.Raw               `yaml:",rest"`
	At        document.Raw               `yaml:",self"`
}

type repeatFile struct {
	Times int           `yaml:"times,required" min:"2" max:"1000" doc:"in a trial"`
	Every time.Duration `yaml:"every,required" min:"2ms" max:"24h" doc:"from one to the next; more than for"`
	At    document.Raw  `yaml:",self"`
}

// direction is "from->to", or "both".
type direction [2]string

// UnmarshalText reads "upstream->a" or "both".
func (d *direction) UnmarshalText(text []byte) error {
	if string(text) == "both" {
		return nil
	}
	from, to, ok := strings.Cut(string(text), "->")
	if !ok {
		return fmt.Errorf("%q is not a direction; it is written upstream->a, or both", text)
	}
	*d = direction{strings.TrimSpace(from), strings.TrimSpace(to)}
	return nil
}
