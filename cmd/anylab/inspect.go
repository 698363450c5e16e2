package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
	"anylab/reports/page"
	"anylab/topologies/document"
)

func inspectCommand() *cobra.Command {
	var name, form string
	c := &cobra.Command{
		Use:   "inspect",
		Short: "Say how a lab that is up is: nodes, sessions, routes, services, who serves whom",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var i hand.Inspection
			if !slices.Contains(inspectForms, form) {
				return errors.New(document.Unknown("format", form, inspectForms))
			}
			lab, err := hand.Named(name)
			if err != nil {
				return err
			}
			if err := hand.Ask(lab, "inspect", nil, &i); err != nil {
				return err
			}
			if i.Lab, err = hand.About(lab); err != nil {
				return err
			}
			if form == "table" {
				inspected(c.OutOrStdout(), i)
				return nil
			}
			out := json.NewEncoder(c.OutOrStdout())
			out.SetIndent("", "  ")
			return out.Encode(i)
		},
	}
	labFlag(c, &name)
	formsFlag(c, &form, inspectForms)
	return c
}

var inspectForms = []string{"json", "table"}

// inspected prints tables.
func inspected(w io.Writer, i hand.Inspection) {
	sayLine(w, page.Line(fmt.Sprintf("lab %s: %s, %s for %s", i.Lab.Name, i.Lab.Of, i.Lab.State, ago(i.Lab.Since))))
	for _, t := range []struct {
		head string
		rows [][]string
	}{
		{"node,role,AS,daemon,addresses,", rowsOf(i.Nodes, nodeRow)},
		{"link,carrier", rowsOf(i.Links, linkRow)},
		{"session of,with,address,state,BFD,prefixes", rowsOf(i.Sessions, func(s hand.Session) []string {
			return []string{s.Node, s.Peer, s.Addr.String(), s.State, s.BFD, strconv.Itoa(s.Received)}
		})},
		{"route of,", rowsOf(i.Routes, func(r hand.Route) []string { return []string{r.Node, r.Line} })},
		{"service,on,process,healthy", rowsOf(i.Services, serviceRow)},
		{"client,service,address,answered by", rowsOf(i.Clients, clientRow)},
		{strings.Join(faultHead, ","), faultRows(i.Faults)},
	} {
		if len(t.rows) > 0 {
			fmt.Fprintln(w)
			table(w, strings.Split(t.head, ","), t.rows)
		}
	}
}

func rowsOf[T any](list []T, row func(T) []string) [][]string {
	var rows [][]string
	for _, x := range list {
		rows = append(rows, row(x))
	}
	return rows
}

func nodeRow(n hand.Node) []string {
	asn := ""
	if n.ASN != 0 {
		asn = strconv.FormatUint(uint64(n.ASN), 10)
	}
	return []string{n.Name, n.Role, asn, n.Daemon, strings.Join(n.Addresses, ", "), n.Err}
}

func linkRow(l hand.Link) []string {
	var ends []string
	for _, node := range slices.Sorted(maps.Keys(l.Carrier)) {
		if !l.Carrier[node] {
			ends = append(ends, node+" has none")
		}
	}
	if len(ends) == 0 {
		ends = []string{"up"}
	}
	return []string{l.Name, strings.Join(ends, ", ")}
}

func serviceRow(s hand.Service) []string {
	pid := "none"
	if s.PID != 0 {
		pid = strconv.Itoa(s.PID)
	}
	return []string{s.Name, s.Node, pid, yesNo(s.Healthy)}
}

func clientRow(c hand.Client) []string {
	by := strings.Join(slices.Sorted(maps.Keys(c.By)), ", ")
	switch {
	case c.Err != "":
		by = "not known: " + c.Err
	case by == "":
		by = "nobody"
	case c.Lost > 0:
		by += fmt.Sprintf(" (%d of %d lost)", c.Lost, c.Asked)
	}
	return []string{c.Client, c.Service, c.Address, by}
}
