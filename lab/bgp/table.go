package bgp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"anylab/topologies"
)

// Table is many routes of the shape of the Internet's, which are announced beside
// whatever else is. Two of the same seed have the same prefixes.
type Table struct {
	Routes int
	Seed   uint64
}

// tables lists those that are announced from the start.
func (c Config) tables() []Table {
	if c.Table == 0 {
		return nil
	}
	return []Table{{c.Table, 1}}
}

// checkTable says why a node can't announce the table that it is to.
func checkTable(t topologies.Topology, n topologies.Node, c Config) error {
	at := t.Source.Root().At("nodes." + n.Name)
	switch v4 := func(n Neighbor) bool { return n.Remote.Is4() }; {
	case n.Table == 0:
		return nil
	case !slices.ContainsFunc(c.Neighbors, v4):
		return at.KeyErrorf("table", "node %s has no IPv4 session, and a table is one of IPv4", n.Name)
	}
	if err := Can(n, AnnounceTables); err != nil {
		return at.KeyErrorf("table", "%v", err)
	}
	return nil
}

// A TableAnnouncer is a Speaker that can announce as many.
type TableAnnouncer interface {
	AnnounceTable(ctx context.Context, t Table) error
	WithdrawTable(ctx context.Context, t Table) error
}

// noTable is the inability of daemons that have no way to be told a million routes.
var noTable = inability{because: "it is told its routes one by one"}

// AnnounceTable adds the table to what is announced, also by later processes.
func (b *Daemon) AnnounceTable(ctx context.Context, t Table) error {
	if err := b.take(ctx); err != nil {
		return err
	}
	defer b.give()
	b.mu.Lock()
	b.tables = append(b.tables, t)
	b.mu.Unlock()
	return b.tell(ctx, t)
}

// WithdrawTable takes the table back.
func (b *Daemon) WithdrawTable(ctx context.Context, t Table) error {
	if err := b.take(ctx); err != nil {
		return err
	}
	defer b.give()
	b.mu.Lock()
	if i := slices.Index(b.tables, t); i >= 0 {
		b.tables = slices.Delete(b.tables, i, i+1)
	}
	b.mu.Unlock()
	s, err := speakerAs[TableAnnouncer](b, AnnounceTables)
	if err != nil {
		return err
	}
	return errors.Join(s.WithdrawTable(ctx, t), b.tell(ctx, b.Tables()...)) // they may have routes in common
}

// Tables lists those in force.
func (b *Daemon) Tables() []Table {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tables)
}

// tell has the processes announce the tables.
func (b *Daemon) tell(ctx context.Context, tables ...Table) error {
	if len(tables) == 0 {
		return nil
	}
	s, err := speakerAs[TableAnnouncer](b, AnnounceTables)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := s.AnnounceTable(ctx, t); err != nil {
			return fmt.Errorf("announce a table of %d routes: %w", t.Routes, err)
		}
	}
	return nil
}
