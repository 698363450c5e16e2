package world_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/labtest"
	"anylab/lab/world"
)

// twoSites has all that any fault needs: a switch, multipath, both families,
// and internal sessions for what external ones don't carry.
const twoSites = `
name: two-sites
nodes:
  upstream: {role: router, asn: 65000, multipath: true}
  a:        {role: anycast, asn: 65001}
  b:        {role: anycast, asn: 65001}
  london:   {role: client}
links:
  - {endpoints: [upstream, a], bfd: {interval: 100ms, multiplier: 3}}
  - {endpoints: [upstream, b], switch: true}
  - {endpoints: [upstream, london]}
bgp: {hold: 3s, keepalive: 1s}
anycast: [192.0.2.100/32, "2001:db8::100/128"]
`

// examples has a place and parameters for every kind of fault.
var examples = map[string]struct {
	at     fault.Place
	params string
}{
	"address-removed":    {at: on("a")},
	"announce-elsewhere": {at: on("b")},
	"announce-prefixes":  {at: on("a"), params: "count: 500"},
	"attribute-change":   {at: on("a"), params: "prepend: 2"},
	"bfd-freeze":         {at: on("a")},
	"blackhole":          {at: on("upstream", "a")},
	"cpu-starve":         {at: on("a")},
	"daemon-freeze":      {at: on("a")},
	"daemon-kill":        {at: on("a")},
	"daemon-restart":     {at: on("a")},
	"drain":              {at: on("a"), params: "wait: 100ms"},
	"ecmp-member-down":   {at: on("upstream", "a")},
	"flood":              {at: on("london"), params: "rate: 1mbit"},
	"health-lies":        {at: on("a")},
	"isolate":            {at: on("b")},
	"link-down":          {at: on("upstream", "a")},
	"link-flap":          {at: on("upstream", "b"), params: "period: 50ms, random: true"},
	"loss":               {at: oneWay("upstream", "a"), params: "percent: 30%"},
	"power-loss":         {at: on("a")},
	"reboot":             {at: on("b")},
	"router-power-loss":  {at: on("upstream")},
	"router-reboot":      {at: on("upstream")},
	"script":             {at: on("upstream"), params: "command: [ip, rule, add, pref, '100', to, 192.0.2.100, blackhole], undo: [ip, rule, del, pref, '100']"},
	"service-crash":      {at: on("a")},
	"service-hang":       {at: on("a")},
	"service-slow":       {at: on("a")},
	"service-wrong":      {at: on("a")},
	"session-reset":      {at: on("a")},
	"switch-down":        {at: on("upstream", "b")},
	"withdraw":           {at: on("a")},
}

// patience is far beyond what anything here takes.
const patience = time.Minute

// Injecting and healing restores links, addresses, routes, rules and
// processes exactly, and what speakers and checkers make of them. The kinds are
// dealt out to several labs.
func TestHealingRestoresEverything(t *testing.T) {
	t.Parallel()
	const labs = 3
	for i := range labs {
		t.Run(fmt.Sprintf("lab %d", i+1), func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			w := openWhole(t, twoSites)
			awaitSettled(t, w)
			whole := steady(t, w)
			for j, kind := range fault.Names() {
				if j%labs == i {
					t.Run(kind, func(t *testing.T) { healingRestores(t, w, kind, whole) })
				}
			}
		})
	}
}

// healingRestores injects and heals a fault of the kind, and looks for what was
// there when the lab was whole.
func healingRestores(t *testing.T, w *world.World, kind string, whole []string) {
	t.Helper()
	x, ok := examples[kind]
	if !ok {
		t.Fatal("no example of this kind: add one")
	}
	f := build(t, kind, x.at, x.params)
	if err := f.Check(w.Setting); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	before := whole
	if p, ok := f.(fault.Preparer); ok {
		check(t, p.Prepare(ctx, w.Breakable(0)))
		before = steady(t, w)
		defer func() { // as the other kinds expect it
			_, err := f.Inject(ctx, w.Breakable(0))
			check(t, err)
			awaitSame(t, w, whole)
		}()
	}
	injectInVain(ctx, t, w, f)
	awaitSame(t, w, before)
	for range 2 { // a fault is used for many trials
		injectAndHeal(ctx, t, w, f)
		awaitSame(t, w, before)
	}
	if diff := cmp.Diff(before, steady(t, w)); diff != "" {
		t.Fatalf("not restored for long (-before +after):\n%s", diff)
	}
}

// lasts is long enough for checkers, daemons and neighbors to react to what a
// fault does.
const lasts = 500 * time.Millisecond

func injectAndHeal(ctx context.Context, t *testing.T, w *world.World, f fault.Fault) {
	t.Helper()
	in, err := f.Inject(ctx, w.Breakable(0))
	if err == nil {
		wantActive(t, in, true)
	}
	time.Sleep(lasts)
	for range 2 {
		if herr := in.Heal(ctx); herr != nil {
			t.Errorf("heal: %v", herr)
		}
	}
	wantActive(t, in, false)
	check(t, err)
}

// injectInVain injects with no time left, as far as that goes, and heals.
func injectInVain(ctx context.Context, t *testing.T, w *world.World, f fault.Fault) {
	t.Helper()
	over, cancel := context.WithCancel(ctx)
	cancel()
	in, _ := f.Inject(over, w.Breakable(0))
	check(t, in.Heal(ctx))
}

// awaitSettled waits until all sessions are up and all services are healthy.
func awaitSettled(t *testing.T, w *world.World) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		down := slices.DeleteFunc(control(w), func(line string) bool {
			session := strings.HasPrefix(line, "session")
			service := strings.HasPrefix(line, "service")
			return session && strings.Contains(line, string(bgp.Established)) || service && strings.HasSuffix(line, "true") ||
				!session && !service && !strings.HasPrefix(line, "speaker")
		})
		if len(down) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not settled: %v", down)
		}
		time.Sleep(look)
	}
}

// look is how often the state is looked at: the whole of it has no event.
const look = 20 * time.Millisecond

// steady returns the state once it has stayed the same for a second and for many
// looks, which a stalled machine does not take: routes follow sessions, and
// addresses settle.
func steady(t *testing.T, w *world.World) []string {
	t.Helper()
	deadline := time.Now().Add(patience)
	state, since, looks := snapshot(t, w), time.Now(), 0
	for ; looks < 10 || time.Since(since) < time.Second; time.Sleep(look) {
		looks++
		if now := snapshot(t, w); !slices.Equal(now, state) {
			state, since, looks = now, time.Now(), 0
		}
		if time.Now().After(deadline) {
			t.Fatal("the state keeps changing")
		}
	}
	return state
}

// awaitSame waits until the state is the former one.
func awaitSame(t *testing.T, w *world.World, want []string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(look) {
		now := snapshot(t, w)
		if slices.Equal(now, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not restored (-before +after):\n%s", cmp.Diff(want, now))
		}
	}
}
