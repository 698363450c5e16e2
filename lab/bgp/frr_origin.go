package bgp

import (
	"fmt"
	"strconv"
	"strings"
)

// frrGenerated is what the templates read.
type frrGenerated struct {
	Config
	Origins []frrOrigins
}

// Always are the commands for what every route to a neighbor is given.
func (c frrGenerated) Always(n Neighbor) []string {
	return frrOrigin{origin{Attributes: c.Export(n).Always(), asn: c.ASN}}.settings(" additive")
}

// frrOrigins are the announced routes of an address family.
type frrOrigins struct {
	V6     bool
	Routes []frrOrigin
}

// frrOrigin is an announced route with the route map that gives it its
// attributes.
type frrOrigin struct{ origin }

// RouteMap names the route map by what it does, so that it never changes:
// FRR carries changes of route maps out seconds later. It is empty for a
// plain announcement.
func (o frrOrigin) RouteMap() string {
	a := o.Attributes
	if a.IsZero() {
		return ""
	}
	name := fmt.Sprintf("prepend-%d-med-%d-preference-%d", a.Prepend, a.MED, a.LocalPref)
	for _, c := range o.Communities() {
		name += fmt.Sprintf("-community-%d-%d", c[0], c[1])
	}
	return name
}

// RouteMapLines are the commands that make the route map.
func (o frrOrigin) RouteMapLines() []string {
	return append([]string{"route-map " + o.RouteMap() + " permit 10"}, o.settings("")...)
}

// settings are what a route map's entry sets; more is said of communities.
func (o frrOrigin) settings(more string) []string {
	var lines []string
	a := o.Attributes
	if a.Prepend > 0 {
		lines = append(lines, " set as-path prepend"+strings.Repeat(" "+strconv.FormatUint(uint64(o.asn), 10), a.Prepend))
	}
	if a.MED > 0 {
		lines = append(lines, fmt.Sprintf(" set metric %d", a.MED))
	}
	if a.LocalPref > 0 {
		lines = append(lines, fmt.Sprintf(" set local-preference %d", a.LocalPref))
	}
	var communities string
	for _, c := range o.Communities() {
		communities += fmt.Sprintf(" %d:%d", c[0], c[1])
	}
	if communities != "" {
		lines = append(lines, " set community"+communities+more)
	}
	return lines
}
