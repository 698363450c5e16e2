package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"anylab/scenarios"
	"anylab/topologies"
)

// example is one block of code of a document.
type example struct {
	at   string // file:line
	lang string // what stands behind the fence: "sh", "yaml part of a scenario"
	text string
}

var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// examples lists the blocks of all documents.
func examples(t *testing.T) []example {
	t.Helper()
	var list []example
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fence.FindAllSubmatchIndex(text, -1) {
			line := 1 + strings.Count(string(text[:m[0]]), "\n")
			list = append(list, example{fmt.Sprintf("%s:%d", path, line), string(text[m[2]:m[3]]), string(text[m[4]:m[5]])})
		}
	}
	return list
}

// TestExamplesOfYAML reads every YAML block as what it says to be: a whole
// file, or a part, which takes the place of those keys in a shipped one.
func TestExamplesOfYAML(t *testing.T) {
	list := examplesIn(t, "yaml")
	t.Chdir(exampleDir(t))
	for _, e := range list {
		if err := e.readYAML(); err != nil {
			t.Errorf("%s: %v", e.at, err)
		}
	}
}

func (e example) readYAML() error {
	whole := e.text
	switch kind := strings.TrimPrefix(e.lang, "yaml "); kind {
	case "scenario":
	case "topology":
		_, err := topologies.Parse("example.yaml", []byte(whole))
		return err
	case "of the Internet":
		_, err := scenarios.ParseInternet("example.yaml", []byte(whole))
		return err
	case "part of a scenario":
		shipped, _ := scenarios.Shipped("service-crash")
		var err error
		if whole, err = merge(string(shipped), whole); err != nil {
			return err
		}
	case "part of a topology":
		shipped, _ := topologies.Shipped("three-sites")
		merged, err := merge(string(shipped), whole)
		if err == nil {
			_, err = topologies.Parse("example.yaml", []byte(merged))
		}
		return err
	case "of Kubernetes":
		return readJob(whole)
	case "of GitHub Actions", "of GitLab":
		return readWorkflow(whole)
	default:
		return fmt.Errorf("the block does not say what it is: %q", e.lang)
	}
	_, err := scenarios.Parse("example.yaml", []byte(whole))
	return err
}

// kubernetesJob has what the examples use of batch/v1.
type kubernetesJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		CompletionMode       string `yaml:"completionMode"`
		Completions          int
		Parallelism          int
		BackoffLimit         int `yaml:"backoffLimit"`
		BackoffLimitPerIndex int `yaml:"backoffLimitPerIndex"`
		Template             struct {
			Spec struct {
				RestartPolicy string `yaml:"restartPolicy"`
				Containers    []struct {
					Name, Image     string
					Command         []string
					Env             []struct{ Name, Value string }
					Resources       struct{ Requests map[string]string }
					SecurityContext struct{ Privileged bool } `yaml:"securityContext"`
					VolumeMounts    []struct {
						Name string
						Path string `yaml:"mountPath"`
					} `yaml:"volumeMounts"`
				}
				Volumes []struct {
					Name  string
					Claim struct {
						Name string `yaml:"claimName"`
					} `yaml:"persistentVolumeClaim"`
				}
			}
		}
	}
}

// readJob knows no other keys than those above, and has anylab read the commands.
func readJob(text string) error {
	var job kubernetesJob
	if err := yaml.UnmarshalWithOptions([]byte(text), &job, yaml.Strict()); err != nil {
		return err
	}
	for _, c := range job.Spec.Template.Spec.Containers {
		if _, err := parseCommand(strings.Join(c.Command, " ")); err != nil {
			return err
		}
		if !complete(c.Command[1:]) {
			return fmt.Errorf("%q lacks arguments", c.Command)
		}
	}
	return nil
}

// expression matches what a workflow puts a value in the place of: a number here.
var expression = regexp.MustCompile(`\$\{\{[^}]*\}\}`)

// readWorkflow has anylab read the commands, wherever they stand.
func readWorkflow(text string) error {
	var all map[string]any
	if err := yaml.Unmarshal([]byte(expression.ReplaceAllString(text, "1")), &all); err != nil {
		return err
	}
	return readCommands(all)
}

func readCommands(in any) error {
	var errs []error
	switch v := in.(type) {
	case map[string]any:
		for _, value := range v {
			errs = append(errs, readCommands(value))
		}
	case []any:
		for _, value := range v {
			errs = append(errs, readCommands(value))
		}
	case string:
		if line, _, _ := strings.Cut(v, " || "); strings.HasPrefix(line, "anylab ") {
			args, err := parseCommand(line)
			if err == nil && !complete(args) {
				err = fmt.Errorf("%q lacks arguments", line)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// merge puts the keys of a part in the place of those of a whole. Mappings are
// merged, everything else is replaced.
func merge(whole, part string) (string, error) {
	var all, own map[string]any
	if err := yaml.Unmarshal([]byte(whole), &all); err != nil {
		return "", err
	}
	if err := yaml.Unmarshal([]byte(part), &own); err != nil {
		return "", err
	}
	mergeInto(all, own)
	text, err := yaml.Marshal(all)
	return string(text), err
}

func mergeInto(all, own map[string]any) {
	for key, value := range own {
		below, mapping := value.(map[string]any)
		if old, both := all[key].(map[string]any); both && mapping {
			mergeInto(old, below)
			continue
		}
		all[key] = value
	}
}

// examplesIn lists the blocks in a language.
func examplesIn(t *testing.T, lang string) []example {
	t.Helper()
	list := slices.DeleteFunc(examples(t), func(e example) bool {
		first, _, _ := strings.Cut(e.lang, " ")
		return first != lang
	})
	if len(list) == 0 {
		t.Fatalf("no document has an example in %s", lang)
	}
	return list
}

// quick are the subcommands that take no lab, so that their examples are run.
// What they may exit with: a stored run of few trials, compared with itself, can't
// tell.
var quick = map[string][]int{
	"baseline": {exitPass, exitInconclusive}, "check": {exitPass}, "compare": {exitPass, exitInconclusive},
	"help": {exitPass}, "list": {exitPass}, "plot": {exitPass}, "report": {exitPass, exitInconclusive},
	"schema": {exitPass}, "show": {exitPass}, "trend": {exitPass, exitInconclusive}, "version": {exitPass},
}

// TestExamplesOfCommands parses every command, and runs those that are quick.
func TestExamplesOfCommands(t *testing.T) {
	dir := exampleDir(t)
	for _, e := range append(commands(t), inline(t)...) {
		for line := range strings.SplitSeq(strings.TrimSpace(e.text), "\n") {
			args, err := parseCommand(line)
			if err != nil {
				t.Errorf("%s: %s: %v", e.at, line, err)
				continue
			}
			line = strings.Replace(line, "baseline save ", "baseline save --force ", 1) // the stored run is in doubt
			if codes := quick[first(args)]; codes == nil || e.lang == "" && !complete(args) {
				continue
			} else if err := runExample(dir, line, codes); err != nil {
				t.Errorf("%s: %s: %v", e.at, line, err)
			}
		}
	}
}

// commands are the blocks of them: a script of an engine's is none.
func commands(t *testing.T) []example {
	return slices.DeleteFunc(examplesIn(t, "sh"), func(e example) bool { return e.lang != "sh" })
}

// complete says whether a command that stands in a sentence has the arguments
// that it needs: "anylab report" may stand for itself.
func complete(args []string) bool {
	c, rest, err := rootCommand(io.Discard).Find(args)
	return err == nil && c.ParseFlags(rest) == nil && c.Runnable() && (c.Args == nil || c.Args(c, c.Flags().Args()) == nil)
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// exampleDir is where examples are run: a stored run stands wherever they speak
// of one, and a file wherever they name a daemon's.
func exampleDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	stored := os.DirFS(filepath.Join("..", "..", "reports", "testdata", "service-crash"))
	for _, name := range []string{"out/service-crash/TIME", "DIR", "BASE", "HEAD"} {
		if err := os.CopyFS(filepath.Join(dir, name), stored); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"bird.conf": "router id 10.0.0.1;\n", "s2/bird.conf": "router id 10.0.0.1;\n", "s1/frr.conf": "hostname s1\n"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runExample runs a line as a shell does. testscript.Main has put anylab into
// PATH.
func runExample(dir, line string, codes []int) error {
	c := exec.Command("sh", "-c", strings.ReplaceAll(line, "TOPIC", "faults"))
	c.Dir = dir
	out, err := c.CombinedOutput()
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		return err
	}
	if !slices.Contains(codes, code) {
		return fmt.Errorf("exit code %d:\n%s", code, out)
	}
	return nil
}

var span = regexp.MustCompile("`([^`\n]+)`")

// inline lists the commands that stand within sentences.
func inline(t *testing.T) []example {
	t.Helper()
	var list []example
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		prose := fence.ReplaceAllString(string(text), "")
		for _, m := range span.FindAllStringSubmatch(strings.ReplaceAll(prose, "\n", " "), -1) {
			if regexp.MustCompile(`^(anylab|make|go) [a-z]`).MatchString(m[1]) {
				list = append(list, example{at: path, text: strings.ReplaceAll(m[1], `\|`, "|")}) // as in a table
			}
		}
	}
	return list
}

// parseCommand says what is wrong with a command: an unknown subcommand or
// flag, a scenario that isn't there, a make target or a test that isn't. The
// arguments of anylab are returned.
func parseCommand(line string) ([]string, error) {
	words, err := shellWords(line)
	if err != nil || len(words) == 0 {
		return nil, errors.Join(err, errors.New("no command"))
	}
	switch program := words[0]; program {
	case "anylab":
		return words[1:], parseAnylab(words[1:])
	case "make":
		return nil, parseMake(words[1:])
	case "go":
		if len(words) > 2 && words[1] == "run" && words[2] == "./cmd/anylab" {
			return nil, parseAnylab(words[3:])
		}
		return nil, parseGoTest(words[1:])
	default:
		return nil, fmt.Errorf("%s is no command of this repository", program)
	}
}

var word = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)

// shellWords splits a line at blanks, up to a comment or a redirection.
func shellWords(line string) (words []string, err error) {
	for _, w := range word.FindAllString(line, -1) {
		if w == ">" || strings.HasPrefix(w, "#") {
			break
		}
		if w[0] == '\'' || w[0] == '"' {
			w = w[1 : len(w)-1]
		}
		words = append(words, w)
	}
	return words, nil
}

func parseAnylab(args []string) error {
	c, rest, err := rootCommand(io.Discard).Find(args)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	rest = c.Flags().Args()
	if c.Args != nil && len(rest) > 0 {
		if err := c.Args(c, rest); err != nil {
			return err
		}
	}
	if !slices.Contains([]string{"anylab run", "anylab check"}, c.CommandPath()) {
		return nil
	}
	set, err := c.Flags().GetStringArray("set")
	if err != nil {
		return err
	}
	for _, name := range rest {
		if strings.HasSuffix(name, ".yaml") {
			continue // the user's
		}
		members, err := expand([]string{name})
		if err != nil {
			return err
		}
		for _, member := range members {
			if scenarios.FormOf(member) == scenarios.InternetForm {
				if _, err := scenarios.LoadInternet(member, set...); err != nil {
					return err
				}
				continue
			}
			if scenarios.FormOf(member) == scenarios.TopologyForm {
				continue // it is checked when the command is run
			}
			if _, err := scenarios.Load(member, set...); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseMake(targets []string) error {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	for _, target := range targets {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:`).Match(makefile) {
			err = errors.Join(err, fmt.Errorf("make has no target %s", target))
		}
	}
	return err
}

// parseGoTest looks for what "go test" is to run.
func parseGoTest(args []string) error {
	if len(args) < 2 || args[0] != "test" {
		return fmt.Errorf("go %s is not an example that can be checked", strings.Join(args, " "))
	}
	var declared []string
	for _, dir := range args {
		if !strings.HasPrefix(dir, "./") {
			continue
		}
		names, err := testNames(filepath.Join("..", "..", dir))
		if err != nil {
			return err
		}
		declared = append(declared, names...)
	}
	for i, flag := range args[:len(args)-1] {
		if flag != "-run" && flag != "-bench" || args[i+1] == "^$" {
			continue
		}
		for alternative := range strings.SplitSeq(args[i+1], "|") {
			pattern, _, _ := strings.Cut(alternative, "/") // what follows names a part of the test
			if !slices.ContainsFunc(declared, regexp.MustCompile(pattern).MatchString) {
				return fmt.Errorf("there is no test %s", pattern)
			}
		}
	}
	return nil
}

var declaration = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark)\w+)\(`)

// testNames lists the tests and benchmarks of a package.
func testNames(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		for _, m := range declaration.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// Each of these is a mistake that an example could have.
func TestMistakesInExamplesAreFound(t *testing.T) {
	for _, line := range []string{
		"anylab rum service-crash", "anylab run service-crash --trails 3", "anylab run service-crush",
		"anylab check service-crash --set services.dns.health.intervall=5ms", "anylab list planets",
		"make tests", "go test -run NoSuchTest ./cmd/anylab", "go test ./lab -run 'NoWayOut|NoSuchTest'", "rm -rf out",
	} {
		if _, err := parseCommand(line); err == nil {
			t.Errorf("%q passes", line)
		}
	}
	for _, e := range []example{
		{lang: "yaml", text: "a: 1"}, {lang: "yaml scenario", text: "name: x"},
		{lang: "yaml part of a scenario", text: "trails: 3"}, {lang: "yaml part of a topology", text: "nodes: {a: {rolle: client}}"},
		{lang: "yaml of Kubernetes", text: "spec: {paralelism: 4}"},
		{lang: "yaml of Kubernetes", text: "spec: {template: {spec: {containers: [{command: [anylab, merge, --quiet]}]}}}"},
		{lang: "yaml of GitLab", text: "shard: {script: [anylab run timers --trails 59]}"},
		{lang: "yaml of GitHub Actions", text: "jobs: {merge: {steps: [{run: 'anylab merge || [ $? = 4 ]'}]}}"},
	} {
		if err := e.readYAML(); err == nil {
			t.Errorf("%s passes as %s", e.text, e.lang)
		}
	}
	if err := runExample(t.TempDir(), "anylab list planets", []int{exitPass}); err == nil {
		t.Error("a command that fails passes")
	}
}
