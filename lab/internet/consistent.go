package internet

import (
	"fmt"
	"slices"
)

// consistent refuses relationships that can't all be true: of AS 0, of an AS to itself,
// two of the same ASes that differ, and providers in a circle, who would all pay
// each other. The same one twice is harmless. Of each link the line is told.
func consistent(path string, links []Link, lines []int) error {
	known := make(map[uint64]int, len(links))
	for i, l := range links {
		at := fmt.Sprintf("%s:%d: ", path, lines[i])
		if l.A == 0 || l.B == 0 {
			return fmt.Errorf("%sno AS has the number 0 (RFC 7607)", at)
		}
		if l.A == l.B {
			return fmt.Errorf("%sAS%d is joined to itself", at, l.A)
		}
		before, there := known[l.pair()]
		if !there {
			known[l.pair()] = i
			continue
		}
		if b := links[before]; b.Class != l.Class || l.Class == Customer && b.A != l.A {
			return fmt.Errorf("%s%s, and line %d says that %s", at, l, lines[before], b)
		}
	}
	circle := circleOf(links)
	if circle == nil {
		return nil
	}
	last := 0
	names := fmt.Sprintf("AS%d", links[circle[len(circle)-1]].B)
	for _, i := range slices.Backward(circle) {
		names = fmt.Sprintf("AS%d, %s", links[i].A, names)
		last = max(last, lines[i])
	}
	return fmt.Errorf("%s:%d: a circle of providers, each of them the next one's: %s", path, last, names)
}

func (l Link) String() string {
	if l.Class == Peer {
		return fmt.Sprintf("AS%d and AS%d are peers", l.A, l.B)
	}
	return fmt.Sprintf("AS%d is AS%d's provider", l.A, l.B)
}

// circleOf returns links of providers to customers that lead back to where they begin;
// nil: there are none. ASes without a provider are left out until none is.
func circleOf(links []Link) []int {
	providers, customers := map[uint32][]int{}, map[uint32][]int{}
	for i, l := range links {
		if l.Class == Customer {
			providers[l.B] = append(providers[l.B], i)
			customers[l.A] = append(customers[l.A], i)
		}
	}
	left := make(map[uint32]int, len(providers))
	for as, of := range providers {
		left[as] = len(of)
	}
	var free []uint32
	for as := range customers {
		if left[as] == 0 {
			free = append(free, as)
		}
	}
	for len(free) > 0 {
		as := free[len(free)-1]
		free = free[:len(free)-1]
		for _, i := range customers[as] {
			if left[links[i].B]--; left[links[i].B] == 0 {
				free = append(free, links[i].B)
			}
		}
	}
	for i := range links {
		if l := links[i]; l.Class == Customer && left[l.A] > 0 && left[l.B] > 0 {
			return upwards(links, providers, left, l.B)
		}
	}
	return nil
}

// upwards goes from an AS to a provider that is left, and on, until it has been there.
func upwards(links []Link, providers map[uint32][]int, left map[uint32]int, as uint32) (walked []int) {
	for {
		for _, i := range providers[as] {
			if left[links[i].A] > 0 {
				walked, as = append(walked, i), links[i].A
				break
			}
		}
		if at := slices.IndexFunc(walked, func(i int) bool { return links[i].B == as }); at >= 0 {
			walked = walked[at:]
			slices.Reverse(walked)
			return walked
		}
	}
}
