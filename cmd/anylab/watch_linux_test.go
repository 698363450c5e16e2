package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// tty is what a program writes to a terminal of 60 columns.
type tty struct {
	io.Writer
	mu    sync.Mutex
	text  strings.Builder
	ended chan struct{}
}

func (v byHand) onTTY(c *exec.Cmd) *tty {
	v.t.Helper()
	c.Env = append(c.Env, "TERM=xterm", "NO_COLOR=1")
	near, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 60})
	if err != nil {
		v.t.Fatal(err)
	}
	t := &tty{Writer: near, ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		for buf := make([]byte, 4096); ; {
			n, err := near.Read(buf) // EIO once nobody has the other end
			t.mu.Lock()
			t.text.Write(buf[:n])
			t.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return t
}

func (t *tty) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// last is what was drawn last, as a whole.
func (t *tty) last() string {
	all := frames(t.String())
	return all[max(0, len(all)-2)]
}

// TestALabIsWatched: on a terminal, in lines, and by Prometheus, all at once; a fault is
// seen by all, and the graph shows who serves meanwhile.
func TestALabIsWatched(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if out := v.does(exitUsage, "up", "-d", "--quiet", "three-sites", "--metrics", address); !strings.Contains(out, "address already in use") {
		t.Errorf("with an address that is taken: %s", out)
	}
	free.Close()
	v.does(exitPass, "up", "-d", "--quiet", "three-sites", "--metrics", address)
	c := v.command("watch")
	began, screen := time.Now(), v.onTTY(c)
	lines, err := os.Create(filepath.Join(t.TempDir(), "lines"))
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	plain := v.command("watch", "--for", "2m")
	plain.Stdout = lines
	if err := plain.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the terminal shows the lab", func() bool {
		now := screen.last()
		return strings.Contains(now, "london dns") && strings.Contains(now, "aaaa") && strings.Contains(now, "session  a-upstream  BGP up") &&
			strings.Contains(now, "route    upstream    192.0.2.100/32 to a")
	})
	v.does(exitPass, "fault", "inject", "a", "service-crash")
	v.servedBy("three-sites", "b")
	eventually(t, "the terminal shows the fault and who serves", func() bool {
		now := screen.last()
		return strings.Contains(now, "broken   a           service-crash") && strings.Contains(now, "bbbb") && strings.Contains(now, "to b")
	})
	eventually(t, "the graph shows who serves", func() bool {
		return strings.Contains(v.does(exitPass, "graph", "-L", "three-sites", "--format", "dot"), `"b" -- "london" [style=dashed`)
	})
	eventually(t, "Prometheus is given both sites' answers", func() bool {
		text := scraped(t, address)
		return strings.Contains(text, `site="a"`) && strings.Contains(text, `site="b"`) && strings.Contains(text, `link="upstream-a"`)
	})
	v.does(exitPass, "fault", "heal")
	eventually(t, "the terminal shows the fault no more", func() bool { return !strings.Contains(screen.last(), "broken") })
	read := func() string {
		text, err := os.ReadFile(lines.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	eventually(t, "the lines say that it is healed", func() bool { return strings.Contains(read(), "service-crash on a: healed\n") })
	if err := plain.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	_ = plain.Wait()
	for _, want := range []string{"session  a-upstream  BGP up\n", "london dns  192.0.2.100  a answers\n", "service-crash on a: effective\n",
		"a to upstream: UPDATE withdraws 192.0.2.100/32\n", "b answers, after "} {
		if !strings.Contains(read(), want) {
			t.Errorf("the lines lack %q:\n%s", want, read())
		}
	}
	if _, err := io.WriteString(screen, "q"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("anylab watch: %v", err)
	}
	v.leftAsItWas(screen, began)
}

// leftAsItWas: what was drawn is within the width, not too often, without colours, and
// changes no modes.
func (v byHand) leftAsItWas(screen *tty, began time.Time) {
	v.t.Helper()
	<-screen.ended
	drawn := frames(screen.String())
	if most := int(time.Since(began)/drawEvery) + 2; len(drawn) > most {
		v.t.Errorf("%d frames, at most %d are drawn in so long", len(drawn), most)
	}
	if modes.MatchString(screen.String()) || strings.Contains(screen.String(), "\x1b[0m") {
		v.t.Errorf("modes or colours are changed:\n%q", drawn[0])
	}
	for _, frame := range drawn {
		for line := range strings.SplitSeq(frame, "\r\n") {
			if line = strings.TrimSuffix(line, "\x1b[K"); len([]rune(line)) > 60+len("\r\x1b[99A") {
				v.t.Errorf("too wide: %q", line)
			}
		}
	}
}

// scraped is what Prometheus is given, which promtool has nothing against.
func scraped(t *testing.T, address string) string {
	t.Helper()
	got, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		check := exec.Command(promtool, "check", "metrics")
		check.Stdin = bytes.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("promtool: %v: %s", err, out)
		}
	}
	return string(text)
}

// TestWatchEndsWithTheLab and leaves the terminal as it was.
func TestWatchEndsWithTheLab(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	v.does(exitPass, "up", "-d", "--quiet", "three-sites")
	near, far, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	defer far.Close()
	before, err := unix.IoctlGetTermios(int(far.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(near, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	c := v.command("watch")
	var said bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = far, far, &said
	c.Env = append(c.Env, "TERM=xterm")
	shown := make(chan struct{}, 1)
	go func() { // ends with the terminal
		for buf := make([]byte, 4096); ; {
			n, err := near.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:n], []byte("london dns")) {
				select {
				case shown <- struct{}{}:
				default:
				}
			}
		}
	}()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-shown:
	case <-time.After(20 * time.Second):
		t.Error("nothing is shown")
	}
	v.does(exitPass, "down")
	if err := c.Wait(); err != nil || !strings.Contains(said.String(), "lets nobody in") {
		t.Errorf("%v: %s", err, said.String())
	}
	if after, err := unix.IoctlGetTermios(int(far.Fd()), unix.TCGETS); err != nil || *after != *before {
		t.Errorf("%v became %v: %v", before, after, err)
	}
}
