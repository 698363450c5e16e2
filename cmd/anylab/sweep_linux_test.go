package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/reports"
)

// The script is one of a shell, and has what the tasks need to make the same run.
func TestSweepPrintsTheArray(t *testing.T) {
	var out strings.Builder
	args := []string{"sweep", "service-crash", "--shards", "4", "--trials", "40", "--seed", "9", "--cpus", "3", "--set", "services.dns.health.interval=50ms",
		"--sbatch", "--partition=short", "--out", "it's here\n#SBATCH --evil"}
	if code := execute(args, strings.NewReader(""), &out, os.Stderr); code != exitPass {
		t.Fatalf("exit code %d", code)
	}
	for _, want := range []string{"#SBATCH --array=1-4\n", "#SBATCH --cpus-per-task=3\n", "#SBATCH --requeue\n", "#SBATCH --partition=short\n",
		"\ndir='it'\\''s here\n#SBATCH --evil/service-crash.sweep'\n", "anylab run service-crash --trials=40 --set=services.dns.health.interval=50ms --seed=9 --shard=auto"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the script lacks %q:\n%s", want, out.String())
		}
	}
	if head, _, _ := strings.Cut(out.String(), "\ndir="); strings.Contains(head, "\n#SBATCH --evil") {
		t.Errorf("a directory's name is an option of Slurm:\n%s", head)
	}
	sh := exec.Command("sh", "-n")
	sh.Stdin = strings.NewReader(out.String())
	if said, err := sh.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	if _, err := os.Stat("it's here"); err == nil {
		t.Error("a script was printed, and a directory made")
	}
	out.Reset()
	code := execute([]string{"sweep", "rfc7747", "--shards", "20", "--seed", "9"}, strings.NewReader(""), &out, os.Stderr)
	if want := "\nexec anylab run rfc7747 --seed=9 --shard=auto --out="; code != exitPass || !strings.Contains(out.String(), want) {
		t.Errorf("of a suite: exit code %d; the script lacks %q:\n%s", code, want, out.String())
	}
}

func TestSweepRefuses(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"service-crash":                         {exitUsage, "--shards 0: want a number"},
		"service-crash --shards 2 --wait":       {exitUsage, "--wait follows what --submit submits"},
		"service-crash --shards 50 --trials 40": {exitUsage, "no shard may be without one"},
		"service-crash --shards 2 --cpus 0":     {exitUsage, "--cpus 0"},
		"service-crash --shards 2 --sbatch x":   {exitUsage, "want an option of sbatch"},
		"three-sites --shards 2":                {exitUsage, "three-sites is no scenario and no suite"},
		"rfc7747 --shards 2 --trials 0":         {exitUsage, "rfc7747-5.1.1-rib-in: "},
		"- --shards 2":                          {exitUsage, "give its path"},
		"service-crash --shards 2 --submit":     {exitUnavailable, "there is no sbatch here"},
	} {
		var errs strings.Builder
		code := execute(append([]string{"sweep", "--out", t.TempDir()}, strings.Fields(args)...), strings.NewReader(""), io.Discard, &errs)
		if code != want.code || !strings.Contains(errs.String(), want.text) {
			t.Errorf("sweep %s: exit code %d, %q; want %d, %q", args, code, errs.String(), want.code, want.text)
		}
	}
}

// A node dies while its task is at work: the task is begun again elsewhere, and every
// trial of the run is there once.
func TestSweepOutlivesANode(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	labtest.Require(t, "slurmctld")
	t.Parallel()
	s := openCluster(t)
	out := t.TempDir()
	const shards = 4
	sweep := exec.Command("anylab", "sweep", "withdraw", "--trials", fmt.Sprint(shards), "--shards", fmt.Sprint(shards), "--seed", "3",
		"--submit", "--wait", "--out", out, "--set", "sustain=100ms", "--set", "settle=100ms")
	sweep.Env = s.env()
	var said strings.Builder
	sweep.Stdout, sweep.Stderr = &said, &said
	if err := sweep.Start(); err != nil {
		t.Fatal(err)
	}
	s.killNode(t, "n2")
	err := sweep.Wait()
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	if code != exitPass && code != exitInconclusive { // of a busy machine
		t.Fatalf("%v\n%s\n%s", err, said.String(), s.logs())
	}
	runs := record.Below(3, out)
	if len(runs) != 1 {
		t.Fatalf("%d runs, want the merged one\n%s", len(runs), said.String())
	}
	r, err := reports.Load(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	var made []int
	for _, trial := range r.Result.Trials {
		made = append(made, trial.Index)
	}
	slices.Sort(made)
	if want := []int{0, 1, 2, 3}; !slices.Equal(made, want) || len(r.Run.Parts) != shards || r.Run.Seed != 3 {
		t.Errorf("trials %v in %d parts with the seed %d, want %v in %d with 3", made, len(r.Run.Parts), r.Run.Seed, want, shards)
	}
	if !s.restarted(t) {
		t.Errorf("no task was begun again\n%s", said.String())
	}
	for _, want := range []string{"job ", "4 of 4 shards recorded", "running", "waiting"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, said.String())
		}
	}
}
