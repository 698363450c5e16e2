package lab

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// check finds one capability out by using it. Its error explains a lack.
type check struct {
	name   string
	needed bool
	fix    string
	try    func() (detail string, err error)
}

var hostChecks = []check{
	{"kernel", true, "", kernelVersion},
	{"processors", false, "give the machine two processors or more", processors},
	{"priority", false, "run as root, or: ulimit -e 40; ulimit -r 10", priority},
	{"pressure", false, "boot with psi=1", pressure},
	{"privileges", true, "run as root, or allow user namespaces", privileges},
}

// namespaceChecks run in a network namespace that is thrown away.
var namespaceChecks = []check{
	{"veth", true, "sudo modprobe veth", func() (string, error) { return "", addProbeVeth() }},
	{"IPv6", true, "boot without ipv6.disable=1", ipv6},
	{"dummy", false, "sudo modprobe dummy", func() (string, error) {
		return "", explain("a bridge stands in for it", addProbe("dummy"))
	}},
	{"bridge", false, "sudo modprobe bridge", func() (string, error) {
		return "", explain("links can't go through switches", addProbe("bridge"))
	}},
	{"vrf", false, "sudo modprobe vrf", func() (string, error) {
		return "", explain("not used so far", netlink.LinkAdd(&netlink.Vrf{LinkAttrs: probeAttrs("vrf"), Table: 10}))
	}},
	{"netem", false, "sudo modprobe sch_netem", func() (string, error) {
		return "", explain("a relay in user space stands in for it", shapeProbe(func(index int) netlink.Qdisc {
			return netem(index, topologies.Shape{Loss: 0.5})
		}))
	}},
	{"tbf", false, "sudo modprobe sch_tbf", func() (string, error) {
		return "", explain("links can't have a rate", shapeProbe(func(index int) netlink.Qdisc {
			return tbf(index, netlink.HANDLE_ROOT, 1_000_000)
		}))
	}},
	{"resilient groups", false, "run Linux 5.13 or newer", func() (string, error) {
		return "", explain("routers share flows by hash-threshold only", tryGroups())
	}},
	{"TCP MD5", false, "use a kernel with CONFIG_TCP_MD5SIG", func() (string, error) {
		return "", explain("sessions can't have passwords", trySigning())
	}},
	{"nftables", false, "sudo modprobe -a nf_tables nft_numgen", func() (string, error) {
		return "", explain("packets can't be dropped silently", addProbeTable())
	}},
}

// Capabilities tries what a lab can use, without touching the host: interfaces
// are made in the sandbox, in a namespace that is thrown away. Outside the
// sandbox it leaves them out.
func Capabilities() []Capability {
	var list []Capability
	for _, k := range hostChecks {
		list = append(list, k.run())
	}
	if !InSandbox() {
		return list
	}
	found, err := tryAll(func(check) bool { return true })
	if err != nil {
		u := Unavailable{What: err.Error()}
		_ = errors.As(err, &u)
		found = append(found, Capability{Name: "network namespaces", Needed: true, Detail: u.What, Fix: u.Fix})
	}
	return append(list, found...)
}

// tryAll makes those of the namespaceChecks that are wanted.
func tryAll(wanted func(check) bool) ([]Capability, error) {
	var list []Capability
	err := onThread(func() error {
		space, err := netns.New()
		if err != nil {
			return diagnose(err)
		}
		defer space.Close()
		for _, k := range namespaceChecks {
			if wanted(k) {
				list = append(list, k.run())
			}
		}
		return nil
	})
	return list, err
}

func (k check) run() Capability {
	c := Capability{Name: k.name, Needed: k.needed}
	detail, err := k.try()
	if err != nil {
		c.Detail, c.Fix = err.Error(), k.fix
		return c
	}
	c.OK, c.Detail = true, detail
	return c
}

// explain says what a lack means.
func explain(consequence string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", consequence, err)
}

func kernelVersion() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", err
	}
	return unix.ByteSliceToString(u.Release[:]), nil
}

func processors() (string, error) {
	n := runtime.NumCPU()
	if n < 2 {
		return "", errors.New("1: what measures and what is measured will wait for each other")
	}
	return fmt.Sprint(n), nil
}

// priority tries both ways in which a prober gets ahead of daemons, on one
// thread, and takes it back.
func priority() (string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
	if unix.SchedSetAttr(0, &attr, 0) == nil {
		attr.Policy, attr.Priority = unix.SCHED_NORMAL, 0
		return "real-time (SCHED_FIFO)", unix.SchedSetAttr(0, &attr, 0)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -5); err != nil {
		return "", explain("probes may be late on a busy machine", err)
	}
	return "nice", unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 0)
}

func pressure() (string, error) {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return "", explain("a starved machine is noticed less well", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line, nil
}

// privileges says by which way the sandbox is made. That it can be made is
// known inside only.
func privileges() (string, error) {
	text, err := os.ReadFile("/proc/self/uid_map")
	switch {
	case err != nil:
		return "", err
	case InSandbox() && strings.Fields(string(text))[1] != "0":
		return "user namespace", nil
	case InSandbox() || os.Geteuid() == 0:
		return "root", nil
	}
	for _, k := range userNamespaceKnobs {
		if value, err := os.ReadFile(k.path); err == nil && strings.TrimSpace(string(value)) == k.off {
			return "", Unavailable{What: k.what, Fix: k.fix}
		}
	}
	return "user namespaces (not tried)", nil
}

func ipv6() (string, error) {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return "", err
}

func probeAttrs(kind string) netlink.LinkAttrs {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "try-" + kind
	return attrs
}

func addProbe(kind string) error {
	return netlink.LinkAdd(&netlink.GenericLink{LinkAttrs: probeAttrs(kind), LinkType: kind})
}

func addProbeVeth() error {
	return netlink.LinkAdd(&netlink.Veth{LinkAttrs: probeAttrs("veth"), PeerName: "try-peer"})
}

// shapeProbe puts a qdisc on lo, which is there in any case.
func shapeProbe(qdisc func(index int) netlink.Qdisc) error {
	q := qdisc(loopback)
	if err := netlink.QdiscAdd(q); err != nil {
		return err
	}
	return netlink.QdiscDel(q)
}

// addProbeTable makes on lo what a drop with loss needs on a link.
func addProbeTable() error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyNetdev, Name: "try"})
	chain := c.AddChain(&nftables.Chain{Name: "try", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookIngress, Priority: nftables.ChainPriorityFilter, Device: "lo"})
	for _, exprs := range (Filter{Loss: 0.5}).rules() {
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: exprs})
	}
	return c.Flush()
}

// Lacking returns an Unavailable for each of the needs that this kernel can't
// meet, nil if there is none. It tries them, so it works in the sandbox only.
func Lacking(needs []Need) error {
	of := map[string]Need{}
	for _, n := range needs {
		if _, ok := of[n.Capability]; !ok {
			of[n.Capability] = n
		}
	}
	found, err := tryAll(func(k check) bool { _, ok := of[k.name]; return ok })
	errs := []error{err}
	for _, c := range found {
		if !c.OK {
			errs = append(errs, Unavailable{fmt.Sprintf("%s, but this kernel lacks %s: %s", of[c.Name].For, c.Name, c.Detail), c.Fix})
		}
		delete(of, c.Name)
	}
	if err == nil {
		for name := range of {
			errs = append(errs, fmt.Errorf("%s: nothing here can tell whether the kernel has %q", of[name].For, name))
		}
	}
	return errors.Join(errs...)
}
