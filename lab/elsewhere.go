//go:build !linux

package lab

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// ErrNotLinux is why there are no labs on other systems: they are made of Linux
// network namespaces. Whoever opens a lab is told; nothing of one can be had.
var ErrNotLinux error = Unavailable{What: "labs need Linux, and this is another system", Fix: "simulate the scenario (anylab run --simulate), or use a Linux machine, virtual or not"}

// Of what a process may be granted there is none.
type Power int

const (
	RunFirst Power = iota
	Administer
)

func SandboxBeside(func() int, func(line *os.File), *os.File) (int, error) { return 0, ErrNotLinux }
func Beside() *os.File                                                     { return nil }
func Carried() *os.File                                                    { return nil }
func InSandbox() bool                                                      { return false }
func Outer() bool                                                          { return true }
func Outside() bool                                                        { return true }

func Limits() error        { return ErrNotLinux }
func Permits(int64) error  { return nil }
func Opens(int64) error    { return nil }
func Lacking([]Need) error { return ErrNotLinux }

func LacksSysctl(string) (lacks bool, dir string, known []string) { return false, "", nil }

func Capabilities() []Capability {
	return []Capability{{Name: "kernel", Needed: true, Detail: "it is not Linux, of whose namespaces labs are made", Fix: "simulate (anylab help simulation), or use a Linux machine"}}
}

// A Lab can't be opened, so its methods and those of its parts are never called.
type Lab struct{}

func Open(context.Context, topologies.Topology, Options) (*Lab, error) { return nil, ErrNotLinux }

func (*Lab) Close() error                       { return ErrNotLinux }
func (*Lab) CutLogs() []record.CutLog           { return nil }
func (*Lab) Drop(Filter, ...Way) (*Drop, error) { return nil, ErrNotLinux }
func (*Lab) Evict() error                       { return ErrNotLinux }
func (*Lab) Fallbacks() []string                { return nil }
func (*Lab) Kill()                              {}
func (*Lab) Link(string) (*Link, error)         { return nil, ErrNotLinux }
func (*Lab) Links() []*Link                     { return nil }
func (*Lab) Mute(string) (*Mute, error)         { return nil, ErrNotLinux }
func (*Lab) Node(string) (*Node, error)         { return nil, ErrNotLinux }
func (*Lab) Nodes() []*Node                     { return nil }
func (*Lab) Owner(netip.Addr) string            { return "" }
func (*Lab) Topology() topologies.Topology      { return topologies.Topology{} }

type Node struct{ topologies.Node }

func (*Node) Admit(*exec.Cmd, ...string) error                    { return ErrNotLinux }
func (*Node) AdvertiseRouter() error                              { return ErrNotLinux }
func (*Node) AnycastDevice() string                               { return "" }
func (*Node) Dir() string                                         { return "" }
func (*Node) Do(func() error) error                               { return ErrNotLinux }
func (*Node) EndOfLog(string) ([]byte, error)                     { return nil, ErrNotLinux }
func (*Node) FellBack(string)                                     {}
func (*Node) Furnish(func() error) error                          { return ErrNotLinux }
func (*Node) HasRoute(netip.Addr) (bool, error)                   { return false, ErrNotLinux }
func (*Node) Interfaces() []Interface                             { return nil }
func (*Node) LogDir() string                                      { return "" }
func (*Node) LogsTo(string) error                                 { return ErrNotLinux }
func (*Node) OpenLog(string) (*os.File, error)                    { return nil, ErrNotLinux }
func (*Node) Procs() []*Proc                                      { return nil }
func (*Node) RemoveAnycast() error                                { return ErrNotLinux }
func (*Node) Restarting(string, time.Duration) (done func(error)) { return func(error) {} }
func (*Node) RestoreAnycast(context.Context) error                { return ErrNotLinux }
func (*Node) RouteOut(string) error                               { return ErrNotLinux }
func (*Node) RouteTable() ([]string, error)                       { return nil, ErrNotLinux }
func (*Node) Spawn(*exec.Cmd) error                               { return ErrNotLinux }
func (*Node) StartWithin(alone time.Duration) time.Duration       { return alone }
func (*Node) SwitchAnycast(context.Context, bool) error           { return ErrNotLinux }
func (*Node) WorkDir(string) (string, error)                      { return "", ErrNotLinux }
func (*Node) Start(context.Context, string, *exec.Cmd, ...Power) (*Proc, error) {
	return nil, ErrNotLinux
}

type Proc struct{}

func (*Proc) Done() <-chan struct{}      { return nil }
func (*Proc) Expect()                    {}
func (*Proc) Name() string               { return "" }
func (*Proc) Node() string               { return "" }
func (*Proc) PID() int                   { return 0 }
func (*Proc) Signal(os.Signal) error     { return ErrNotLinux }
func (*Proc) Status() string             { return "" }
func (*Proc) Stop(context.Context) error { return ErrNotLinux }

type Link struct{ topologies.Link }

func (*Link) Carrier(string) (bool, error) { return false, ErrNotLinux }

type Drop struct{}

type Mute struct{}

func (*Mute) Close() error { return ErrNotLinux }
func (*Mute) Off() error   { return ErrNotLinux }
func (*Mute) On() error    { return ErrNotLinux }

type KernelLock struct{}

func OpenKernelLock() (*KernelLock, error)       { return nil, ErrNotLinux }
func (*KernelLock) Close()                       {}
func (*KernelLock) Take() (time.Duration, error) { return 0, ErrNotLinux }
