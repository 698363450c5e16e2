package main

import "testing"

// Users of the region are served by its site, then by those behind its prefix, and by
// nobody where there are none.
func TestRegional(t *testing.T) {
	t.Parallel()
	of := ofCells(t, "regional", "limit=2s")
	for label, want := range map[string]map[string][2]string{
		"regional, global behind it":  {"london": {"frankfurt", "ashburn"}, "madrid": {"frankfurt", "singapore"}},
		"global":                      {"london": {"ashburn", "ashburn"}, "madrid": {"frankfurt", "singapore"}},
		"regional, nothing behind it": {"london": {"frankfurt", ""}, "madrid": {"frankfurt", ""}},
	} {
		f := of(label)
		for client, by := range want {
			c, ok := f.Of(client)
			if !ok {
				t.Fatalf("%s: nothing is known of %s", label, client)
			}
			if got := [2]string{only(c.Before.AnsweredBy), only(c.Broken.AnsweredBy)}; got != by {
				t.Errorf("%s: %s is answered by %q, want %q", label, client, got, by)
			}
		}
	}
}
