package timeline

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"anylab/lab/record"
)

// sorted collects the events by time: sources write concurrently.
func sorted(events iter.Seq2[record.Event, error]) ([]record.Event, error) {
	var list []record.Event
	for e, err := range events {
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b record.Event) int { return cmp.Compare(a.At, b.At) })
	return list, doubled(list)
}

// once are the kinds of events of which no two are alike.
var once = []record.Kind{record.KindCarrier, record.KindClock, record.KindExit, record.KindFault, record.KindHealth, record.KindLoad,
	record.KindRestart, record.KindSilence, record.KindStart, record.KindTrial}

// doubled looks for events that a record can't have twice: single ones, and all of a
// kind of which two may be alike.
func doubled(list []record.Event) error {
	all, again := map[record.Kind]int{}, map[record.Kind]int{}
	seen := map[string]bool{} // of one moment
	first := 0                // of the same moment
	for i, e := range list {
		all[e.Kind]++
		if list[first].At != e.At {
			first = i
			clear(seen)
		}
		if !hasSibling(list, first, i) {
			continue
		}
		text, err := json.Marshal(e)
		switch {
		case err != nil:
			return err
		case !seen[string(text)]:
			seen[string(text)] = true
		case slices.Contains(once, e.Kind):
			return fmt.Errorf("the events are damaged: the %s at %d ns is there twice", e.Kind, e.At)
		default:
			again[e.Kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(again)) {
		if again[kind] > 1 && 2*again[kind] >= all[kind] {
			return fmt.Errorf("the events are damaged: every %s is there twice", kind)
		}
	}
	return nil
}

// hasSibling says whether another event of the moment of which list[first] is the first
// one is of the kind and node of list[i]: only such can be alike.
func hasSibling(list []record.Event, first, i int) bool {
	for j := first; j < len(list) && list[j].At == list[i].At; j++ {
		if j != i && list[j].Kind == list[i].Kind && list[j].Node == list[i].Node {
			return true
		}
	}
	return false
}
