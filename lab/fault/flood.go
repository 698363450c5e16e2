package fault

import (
	"context"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Flood sends datagrams from a client to the anycast address, whoever serves it there:
// an attack. It goes nowhere but through the lab, as fast as it is told to.
type Flood struct {
	place Place
	Rate  document.BitRate `yaml:"rate,required" doc:"of its packets, at most 200mbit"`
	Size  int              `yaml:"size" default:"40" min:"16" max:"1400" doc:"bytes in a datagram: as many as in a query, unless small ones shall find room where large ones do not"`
}

// mostFlood is what the machine that the lab runs on has to carry in any case.
const mostFlood = 200_000_000

// Check says whether the place is a client, and the rate one that can be had.
func (f *Flood) Check(s Setting) error {
	if f.Rate == 0 || f.Rate > mostFlood {
		return mistake("rate", "a flood has a rate of up to 200mbit")
	}
	_, err := f.place.node(s, topologies.Client)
	return err
}

// Declare says: links fill up, and routers that still hear each other know nothing of it.
func (f *Flood) Declare(Setting) Declaration {
	return Declaration{
		Theory:  never("links fill up, and nobody is told; only a session whose keepalives are lost for its hold time ends"),
		Changes: []string{"the flood from " + f.place.On[0]},
		Real:    "links are never full there",
	}
}

// Inject begins to send; healing ends it.
func (f *Flood) Inject(_ context.Context, w *World) (Injected, error) {
	flow, err := w.Flood(f.place.On[0], uint64(f.Rate), f.Size)
	if err != nil {
		return Injected{}, err
	}
	return Injected{
		active: func(context.Context) (bool, error) { return flow.Flows(), nil },
		heal:   func(context.Context) error { return flow.Stop() },
		sent:   flow.Traffic,
	}, nil
}
