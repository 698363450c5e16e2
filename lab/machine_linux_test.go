package lab_test

import (
	"os"
	"strings"
	"testing"

	"anylab/lab"
	"anylab/lab/labtest"
)

// A node has the routes, the settings and the names of interfaces that its file
// gives it, and has the routes again after its link was down.
func TestMachine(t *testing.T) {
	l := labtest.Open(t, `
name: machine
nodes:
  r: {role: router, asn: 65000}
  a:
    role: anycast
    asn: 65001
    routes: [{to: default, via: 10.0.0.0}, {to: "2001:db8:7::/48", via: "fd00:a11:1ab::"}]
    sysctls: {net.ipv4.tcp_retries2: 5, net.ipv4.conf.ens3.log_martians: 1}
    interfaces: {anycast0: lo1, eth0: ens3}
  u: {role: client, routes: [{to: default, via: 10.7.0.3}, {to: 198.51.100.0/24, via: 10.7.0.3}]}
links:
  - endpoints: [r, a]
  - {endpoints: [r, u], to: {u: {address: 10.7.0.1/24}, r: {address: 10.7.0.3/24}}}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`)
	a := node(t, l, "a")
	has := func(n *lab.Node, want ...string) {
		t.Helper()
		all := inventory(t, n)
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s lacks %q:\n%s", n.Name, w, all)
			}
		}
	}
	routes := []string{"Dst: 0.0.0.0/0 Src: <nil> Gw: 10.0.0.0", "Dst: 2001:db8:7::/48 Src: <nil> Gw: fd00:a11:1ab::"}
	has(a, routes...)
	has(a, "192.0.2.100/32 lo1")
	link, err := l.Between("a", "r")
	if err != nil {
		t.Fatal(err)
	}
	if err := link.SetDown("a"); err != nil {
		t.Fatal(err)
	}
	if err := link.SetUp("a"); err != nil {
		t.Fatal(err)
	}
	has(a, routes...)
	has(node(t, l, "u"), "Dst: 198.51.100.0/24 Src: <nil> Gw: 10.7.0.3", "Dst: 0.0.0.0/0 Src: <nil> Gw: 10.7.0.3")
	for path, want := range map[string]string{"ipv4/tcp_retries2": "5", "ipv4/conf/ens3/log_martians": "1"} {
		var got []byte
		err := a.Do(func() (err error) {
			got, err = os.ReadFile("/proc/sys/net/" + path)
			return err
		})
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s is %q, %v", path, got, err)
		}
	}
}
