package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// InEffect asks the kernel whether all of the rules are there.
func (d *Drop) InEffect() (bool, error) {
	counters, err := d.counters()
	if err != nil || len(counters) == 0 {
		return false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	chains := 0
	for _, t := range d.tables {
		chains += len(t.chains)
	}
	return len(counters) >= chains, nil
}

// Packets returns how many packets were discarded since Drop; 0 after Remove.
func (d *Drop) Packets() (uint64, error) {
	counters, err := d.counters()
	var sum uint64
	for _, c := range counters {
		sum += c.Packets
	}
	return sum, err
}

// counters reads those of all discarding rules; each chain has at least one.
func (d *Drop) counters() ([]*expr.Counter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*expr.Counter
	for _, t := range d.tables {
		for _, chain := range t.chains {
			rules, err := Dump(func() ([]*nftables.Rule, error) { return t.conn.GetRules(t.table, chain) })
			if err != nil {
				return nil, fmt.Errorf("read drop rules of table %s: %w", t.table.Name, err)
			}
			list = append(list, countersOf(rules)...)
		}
	}
	return list, nil
}

func countersOf(rules []*nftables.Rule) []*expr.Counter {
	var list []*expr.Counter
	for _, r := range rules {
		for _, e := range r.Exprs {
			if c, ok := e.(*expr.Counter); ok {
				list = append(list, c)
			}
		}
	}
	return list
}
