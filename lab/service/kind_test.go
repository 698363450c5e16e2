package service

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestKindsAreThoseOfTheFormat(t *testing.T) {
	if got, want := strings.Join(Kinds(), " "), "command dns http tcp udp"; got != want {
		t.Errorf("services: %s, want %s", got, want)
	}
	if got, want := strings.Join(HealthKinds(), " "), "dns http loop none process script tcp udp"; got != want {
		t.Errorf("health checks: %s, want %s", got, want)
	}
}

func TestConfigCheck(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Config)
		want  string // part of the error; empty for none
	}{
		{"good", func(*Config) {}, ""},
		{"kind", func(c *Config) { c.Kind = "smtp" }, `kind "smtp" is not one of command dns http tcp udp`},
		{"address", func(c *Config) { c.Addrs = nil }, "no address"},
		{"port", func(c *Config) { c.Port = 0 }, "port 0"},
		{"command", func(c *Config) { c.Kind = "command" }, "needs a command"},
		{"a command needs no port", func(c *Config) { c.Kind, c.Command, c.Port = "command", []string{"x"}, 0 }, ""},
		{"health kind", func(c *Config) { c.Health.Kind = "icmp" }, `health kind "icmp" is not one of dns http loop none`},
		{"interval", func(c *Config) { c.Health.Interval = 0 }, "interval and a timeout"},
		{"timeout", func(c *Config) { c.Health.Timeout = 0 }, "interval and a timeout"},
		{"fall", func(c *Config) { c.Health.Fall = 0 }, "fall and rise"},
		{"rise", func(c *Config) { c.Health.Rise = 0 }, "fall and rise"},
		{"script", func(c *Config) { c.Health.Kind = "script" }, "script needs a command"},
		{"none needs no timers", func(c *Config) { c.Health = Health{Kind: "none"} }, ""},
		{"process needs no timers", func(c *Config) { c.Health = Health{Kind: "process"} }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{
				Name: "dns", Kind: "dns", Port: 53,
				Health: Health{Kind: "dns", Interval: time.Second, Timeout: time.Second, Fall: 1, Rise: 1},
				Addrs:  []netip.Addr{netip.MustParseAddr("192.0.2.1")},
			}
			tt.spoil(&c)
			err := c.check()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestMainRejects(t *testing.T) {
	for _, args := range [][]string{nil, {"{"}, {`{"Kind":"command"}`}, {`{"Kind":"smtp"}`}} {
		if code := Main(args); code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
	}
}

func TestBoundIn(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 640200C0:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
   1: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0
  12: 00000000000000000000000001000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 3 2 0
`
	path := filepath.Join(t.TempDir(), "tcp")
	if err := os.WriteFile(path, []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, port := range []int{53, 80, 5353, 8080} {
		found, err := boundIn(path, port)
		if err != nil {
			t.Fatal(err)
		}
		if found {
			got = append(got, port)
		}
	}
	if want := []int{53, 5353}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v: listening and unconnected sockets only", got, want)
	}
	if found, err := boundIn(path+".missing", 53); found || err != nil {
		t.Errorf("no table: %v, %v", found, err)
	}
}
