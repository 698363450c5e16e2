package lab

import (
	"errors"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// Mute discards what a node sends, as it leaves, while it is on. Everything
// but the one rule that discards is prepared beforehand, so that switching is
// one short message to the kernel: Drop, which sets up hooks as well, takes a
// hundred times as long.
type Mute struct {
	conn   *nftables.Conn
	table  *nftables.Table
	chains []*nftables.Chain
	on     bool
}

// Mute prepares a Mute of the node, off. The error is an Unavailable where the
// kernel can't do that.
func (l *Lab) Mute(node string) (*Mute, error) {
	n, err := l.Node(node)
	if err != nil {
		return nil, err
	}
	m := &Mute{}
	err = n.Do(func() error {
		m.conn, err = nftables.New(nftables.AsLasting())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open nftables on %s: %w", node, err)
	}
	m.table = m.conn.AddTable(&nftables.Table{
		Name: fmt.Sprintf("%s-%d", dropName, l.drops.Add(1)), Family: nftables.TableFamilyNetdev,
	})
	for i, dev := range n.interfaces {
		m.chains = append(m.chains, m.conn.AddChain(&nftables.Chain{
			Name: fmt.Sprintf("mute-%d", i), Table: m.table, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookEgress, Priority: nftables.ChainPriorityFilter, Device: dev.Dev,
		}))
	}
	if err := m.conn.Flush(); err != nil {
		return nil, errors.Join(fmt.Errorf("mute %s: %w", node, withoutNftables(err)), m.conn.CloseLasting())
	}
	return m, nil
}

// On discards all packets but those of address resolution, without which the
// way would stay dark for longer, and resets: a server that never hears that a
// connection has ended refuses the next one from the same port, long after the
// silence.
func (m *Mute) On() error {
	rules := append([][]expr.Any{accept(isReset())}, Filter{Only: TrafficData}.rules()...)
	for _, chain := range m.chains {
		for _, exprs := range rules {
			m.conn.AddRule(&nftables.Rule{Table: m.table, Chain: chain, Exprs: exprs})
		}
	}
	if err := m.conn.Flush(); err != nil {
		return fmt.Errorf("switch a drop rule on: %w", err)
	}
	m.on = true
	return nil
}

// Off lets packets pass again. It is idempotent.
func (m *Mute) Off() error {
	if !m.on {
		return nil
	}
	for _, chain := range m.chains {
		m.conn.FlushChain(chain)
	}
	if err := m.conn.Flush(); err != nil {
		return fmt.Errorf("switch a drop rule off: %w", err)
	}
	m.on = false
	return nil
}

// Close removes what was prepared.
func (m *Mute) Close() error {
	m.conn.DelTable(m.table)
	return errors.Join(m.conn.Flush(), m.conn.CloseLasting())
}
