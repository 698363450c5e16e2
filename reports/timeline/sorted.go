package timeline

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"reflect"
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
	first := 0 // of the same moment
	for i, e := range list {
		all[e.Kind]++
		if list[first].At != e.At {
			first = i
		}
		same := func(other record.Event) bool {
			return other.Kind == e.Kind && other.Node == e.Node && reflect.DeepEqual(other.Data, e.Data)
		}
		switch {
		case !slices.ContainsFunc(list[first:i], same):
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
