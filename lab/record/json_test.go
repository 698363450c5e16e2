package record

import (
	"encoding/json"
	"reflect"
	"testing"
)

// What is put together and taken apart by hand is what json makes of it.
func TestEventsAreAsJSONHasThem(t *testing.T) {
	for _, e := range []Event{
		{At: 1, Kind: KindHealth, Node: "a", Data: Health{Service: "dns", Healthy: true}},
		{At: 0, Kind: KindTrial, Data: Trial{Index: 3, Phase: TrialBegin}},
		{At: -5, Kind: KindHealth, Node: "b", Data: Health{Service: `"`, Reason: `},"node":"x"}`}},
		{At: 9e18, Kind: KindHealth, Node: `é"\<&>`, Data: Health{Service: "é<>"}},
	} {
		data, err := json.Marshal(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(eventJSON{e.At, e.Kind, e.Node, data})
		if err != nil {
			t.Fatal(err)
		}
		line, err := e.MarshalJSON()
		if err != nil || string(line) != string(want) {
			t.Errorf("%+v: %s, %v, want %s", e, line, err, want)
		}
		var read Event
		if err := read.UnmarshalJSON(append(line, '\n')); err != nil || !reflect.DeepEqual(read, e) {
			t.Errorf("%s: %+v, %v, want %+v", line, read, err, e)
		}
	}
}

// A line that says it in another way is read all the same, and one that says nothing is not.
func TestEventsOfAnotherHandAreRead(t *testing.T) {
	for line, want := range map[string]bool{
		`{"at":1,"kind":"health","node":"a","data":{"service":"dns","healthy":true}}`:                   true,
		`{ "at": 1, "kind": "health", "node": "a", "data": {"service": "dns", "healthy": true} }`:       true,
		`{"at":1,"kind":"health","node":"\u0061","data":{"service":"dns","healthy":true}}`:              true,
		`{"at":1,"kind":"health","node":"a","data":{"service":"dns","healthy":true},"more":{"less":1}}`: true,
		`{"kind":"health","data":{"service":"dns","healthy":true},"node":"a","at":1}`:                   true,
		`{"at":01,"kind":"health","node":"a","data":{"service":"dns","healthy":true}}`:                  false,
		`{"at":1,"kind":"health","node":"a","data":{"service":"dns","healthy":true}`:                    false,
		`{"at":1,"kind":"health","node":"a","data":{"service":"dns","healthy":true}}}`:                  false,
		`{"at":1,"kind":"health","node":"a","data":{}}`:                                                 false,
		`{"at":1,"kind":"health","node":"a"}`:                                                           false,
		`{"at":1,"kind":"unheard","node":"a","data":{"service":"dns"}}`:                                 false,
	} {
		var e Event
		err := e.UnmarshalJSON([]byte(line))
		if (err == nil) != want {
			t.Errorf("%s: %v, want it read: %v", line, err, want)
		}
		if is := (Event{1, KindHealth, "a", Health{Service: "dns", Healthy: true}}); want && !reflect.DeepEqual(e, is) {
			t.Errorf("%s: %+v, want %+v", line, e, is)
		}
	}
}
