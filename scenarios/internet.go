package scenarios

import (
	"embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/topologies/document"
)

//go:embed internet/*.yaml
var internetFiles embed.FS

var shippedInternet = document.Library{Files: internetFiles, Prefix: "internet/"}

// Internet is an experiment on the ASes of the Internet, which is simulated.
type Internet struct {
	Name          string
	Summary       string
	Relationships string // file of AS relationships; empty: generated
	ASes          int    // that are generated
	GraphSeed     uint64
	Weights       string // file of how much clients count; empty: alike
	Sites         []InternetSite
	MRAI, Work    []Portion
	Jitter        float64
	HeldBack      bool // withdrawals wait for the MRAI, too
	Delay         [2]time.Duration
	Faults        []InternetFault
	Each          bool // every site is struck in cases of its own
	Unicast       bool
	Trials        int
	Limit         time.Duration
	Expect        []Expectation
	Matrix        []Axis
	Cell          map[string]string // of the matrix; see Cells
	Source        *document.Document
}

// InternetSite is where a site is attached: under ASes, or some that are drawn.
type InternetSite struct {
	Name    string
	Under   []uint32
	Transit int
}

// Portion is a share of the ASes that have the same time.
type Portion struct {
	Time  time.Duration
	Share float64 // 0 to 1
}

// InternetFault is one thing that happens. On is a site's name, or ASes.
type InternetFault struct {
	Kind  string
	On    []string
	After time.Duration
	Hold  time.Duration // after which silence is noticed; 0: see BFD
	BFD   [2]time.Duration
}

// The kinds of faults of the Internet, and the word for every site in turn.
const (
	InternetWithdraw = "withdraw"
	InternetSilent   = "silent"
	InternetDepeer   = "depeer"
	InternetFail     = "fail"
	InternetEach     = "each"
)

type internetFile struct {
	Name     string               `yaml:"name,required" doc:"what the scenario is called; the run directory has this name"`
	Summary  string               `yaml:"summary" doc:"one sentence for whoever chooses a scenario"`
	Topology internetTopologyFile `yaml:"topology,required" doc:"the ASes, and the sites among them; or a path of a file with that"`
	Faults   []internetFaultFile  `yaml:"faults,required" doc:"what happens in every trial, when all is quiet"`
	Unicast  bool                 `yaml:"unicast" doc:"simulate beside it a prefix that only the struck site announces, and withdraws"`
	Trials   int                  `yaml:"trials" default:"1" min:"1" max:"1000" doc:"how often, each with another seed"`
	Limit    time.Duration        `yaml:"limit" default:"1h" min:"1s" max:"24h" doc:"of virtual time, when a trial is given up"`
	Expect   []string             `yaml:"expect" doc:"stat(metric) op value, or metric op value, which must hold in every trial and, of a time, for every client or AS; p99(interruption) < 5s, affected < 20%, served(ams) < 40%"`
	Matrix   document.Raw         `yaml:"matrix" doc:"lists of values by key, as for --set; every combination is a cell with its own trials"`
	At       document.Raw         `yaml:",self"`
}

type internetTopologyFile struct {
	Name     string             `yaml:"name" doc:"what the topology is called"`
	Summary  string             `yaml:"summary" doc:"one sentence for whoever chooses a topology"`
	Internet internetGraphFile  `yaml:"internet,required" doc:"the ASes: those of a file, or generated ones"`
	Sites    []internetSiteFile `yaml:"sites,keyed" doc:"the sites by name"`
	Deploy   *internetDeploy    `yaml:"deploy" doc:"so many sites, s1, s2, ..., in place of named ones"`
	MRAI     document.Raw       `yaml:"mrai" doc:"MinRouteAdvertisementInterval of the ASes: one time, or shares by time, {0s: 70%, 30s: 30%}; 0s"`
	Jitter   document.Percent   `yaml:"jitter" default:"25%" doc:"by which an interval may be shorter, each time"`
	HeldBack bool               `yaml:"hold_withdrawals" doc:"withdrawals wait for the MRAI like announcements (RFC 4271); most routers send them at once"`
	Work     document.Raw       `yaml:"processing" doc:"the longest that an AS takes over a message, one after the other; each takes 0 to that. One time, or shares by time; 0s"`
	Delay    internetDelayFile  `yaml:"delay" doc:"of the links: each has its own, between two bounds"`
	At       document.Raw       `yaml:",self"`
}

type internetGraphFile struct {
	Relationships string       `yaml:"relationships" doc:"a file of CAIDA's AS relationships, serial-1 or serial-2, plain or packed with bzip2 or gzip; relative to this file"`
	ASes          int          `yaml:"ases" min:"100" max:"200000" doc:"generate so many, AS1, AS2, ... by their number of customers"`
	Seed          uint64       `yaml:"seed" doc:"of the generated graph and of the ASes that sites are attached to"`
	Weights       string       `yaml:"weights" doc:"a file with lines of an AS number and how much its clients count; without one all count alike"`
	At            document.Raw `yaml:",self"`
}

type internetSiteFile struct {
	Name    string                     `yaml:",key"`
	Under   document.OneOrMore[string] `yaml:"under" doc:"its providers: AS3356"`
	Transit int                        `yaml:"transit" min:"1" max:"20" doc:"so many providers, drawn by the seed among ASes with 50 customers or more"`
	At      document.Raw               `yaml:",self"`
}

type internetDeploy struct {
	Sites   int `yaml:"sites,required" min:"1" max:"200" doc:"how many"`
	Transit int `yaml:"transit" default:"2" min:"1" max:"20" doc:"providers of each, drawn"`
}

type internetDelayFile struct {
	Min time.Duration `yaml:"min" default:"10ms" max:"10s" doc:"the shortest"`
	Max time.Duration `yaml:"max" default:"210ms" max:"10s" doc:"the longest"`
}

type internetFaultFile struct {
	Kind  string                     `yaml:"kind,required" enum:"withdraw silent depeer fail" doc:"a site withdraws; a site falls silent; two ASes part; an AS falls silent"`
	On    document.OneOrMore[string] `yaml:"on,required" doc:"a site, each of them in turn (each), an AS, or the two that part"`
	After time.Duration              `yaml:"after" max:"24h" doc:"the trial's beginning"`
	Hold  time.Duration              `yaml:"hold" min:"3s" max:"24h" doc:"of a silence: it is noticed when this hold time is over; 90s where there is no bfd"`
	BFD   *internetBFD               `yaml:"bfd" doc:"of a silence: it is noticed by BFD"`
	At    document.Raw               `yaml:",self"`
}

type internetBFD struct {
	Interval   time.Duration `yaml:"interval,required" min:"1ms" max:"10s" doc:"of its packets"`
	Multiplier int           `yaml:"multiplier" default:"3" min:"1" max:"255" doc:"missed packets that mean failure"`
}

// InternetNames lists the shipped scenarios of the Internet.
func InternetNames() []string { return shippedInternet.Names() }

// ShippedInternet returns the text of one.
func ShippedInternet(name string) ([]byte, bool) { return shippedInternet.Text(name) }

// LoadInternet reads a scenario of the Internet: a shipped name, or a path. Each set
// is "key=value" with a dotted key.
func LoadInternet(nameOrPath string, set ...string) (Internet, error) {
	file, text, err := document.Read(nameOrPath, "scenario", InternetNames(), ShippedInternet)
	if err != nil {
		return Internet{}, err
	}
	return ParseInternet(file, text, set...)
}

// ParseInternet reads it from text; file is what errors call it.
func ParseInternet(file string, text []byte, set ...string) (Internet, error) {
	d, err := document.Parse(file, text)
	if err != nil {
		return Internet{}, err
	}
	if err := embedTopology(d); err != nil {
		return Internet{}, err
	}
	for _, kv := range set {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return Internet{}, document.Setting(kv).Errorf("", "%q is not of the form key=value", kv)
		}
		if err := d.SetPath(key, key, value); err != nil {
			return Internet{}, err
		}
	}
	return buildInternet(d)
}

func buildInternet(d *document.Document) (Internet, error) {
	var f internetFile
	if root := d.Root(); root.Has("trials") && root.At("trials").IsMapping() {
		return Internet{}, root.Errorf("trials", "a number of trials is expected here, 1 to 1000: no rule ends them early, since trials of the Internet are simulated side by side")
	}
	if err := d.Root().Decode(&f); err != nil {
		return Internet{}, err
	}
	if err := checkDirName(f.Name, f.At); err != nil {
		return Internet{}, err
	}
	t := f.Topology
	s := Internet{Name: f.Name, Summary: f.Summary, Unicast: f.Unicast, Trials: f.Trials, Limit: f.Limit, Source: d,
		Jitter: float64(t.Jitter), HeldBack: t.HeldBack}
	for _, step := range []func(*Internet, internetFile) error{addGraph, addSites, addMixes, addInternetFaults, addInternetExpectations, addInternetMatrix} {
		if err := step(&s, f); err != nil {
			return Internet{}, err
		}
	}
	return s, nil
}

func addGraph(s *Internet, f internetFile) error {
	g := f.Topology.Internet
	if (g.Relationships == "") == (g.ASes == 0) {
		return f.Topology.At.Errorf("internet", "say either relationships, a file, or ases, how many are to be generated")
	}
	s.ASes, s.GraphSeed = g.ASes, g.Seed
	if g.Relationships != "" {
		s.Relationships = g.At.Path(g.Relationships)
	}
	if g.Weights != "" {
		s.Weights = g.At.Path(g.Weights)
	}
	return nil
}

func addSites(s *Internet, f internetFile) error {
	t := f.Topology
	if (t.Deploy == nil) == (len(t.Sites) == 0) {
		return t.At.Errorf("", "say either sites, by name, or deploy, how many of them")
	}
	if t.Deploy != nil {
		for i := range t.Deploy.Sites {
			s.Sites = append(s.Sites, InternetSite{Name: fmt.Sprintf("s%d", i+1), Transit: t.Deploy.Transit})
		}
	}
	for _, site := range t.Sites {
		if err := document.CheckName(site.Name); err != nil || site.Name == InternetEach {
			return site.At.Errorf("", "%q can't be the name of a site", site.Name)
		}
		if (len(site.Under) == 0) == (site.Transit == 0) {
			return site.At.Errorf("", "say of site %s either under, its providers, or transit, how many of them", site.Name)
		}
		under, err := asNumbers(site.At.Value("under"), site.Under)
		if err != nil {
			return err
		}
		s.Sites = append(s.Sites, InternetSite{site.Name, under, site.Transit})
	}
	return nil
}

// asNumbers reads names such as AS3356.
func asNumbers(at document.Raw, names []string) ([]uint32, error) {
	var list []uint32
	for _, name := range names {
		n, ok := ASNumber(name)
		if !ok || slices.Contains(list, n) {
			return nil, at.Errorf("", "%q is no AS, or is there twice; one is written AS3356", name)
		}
		list = append(list, n)
	}
	return list, nil
}

// ASNumber reads the name of an AS: AS3356.
func ASNumber(name string) (uint32, bool) {
	digits, ok := strings.CutPrefix(name, "AS")
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil
}

func addMixes(s *Internet, f internetFile) (err error) {
	t := f.Topology
	if s.MRAI, err = portions(t.At, "mrai", t.MRAI); err != nil {
		return err
	}
	if s.Work, err = portions(t.At, "processing", t.Work); err != nil {
		return err
	}
	d := t.Delay
	if !t.At.Has("delay") {
		d = internetDelayFile{10 * time.Millisecond, 210 * time.Millisecond}
	}
	if s.Delay = [2]time.Duration{d.Min, d.Max}; d.Min > d.Max {
		return t.At.Errorf("delay", "the shortest delay, %v, is longer than the longest, %v", d.Min, d.Max)
	}
	return nil
}

// portions reads one time, or shares by time that add up to all.
func portions(at document.Raw, key string, r document.Raw) ([]Portion, error) {
	if r.IsZero() {
		return nil, nil
	}
	if text, ok := r.Scalar(); ok {
		d, err := spread(text)
		if err != nil {
			return nil, at.Errorf(key, "%v", err)
		}
		return []Portion{{d, 1}}, nil
	}
	var list []Portion
	sum := 0.0
	for _, k := range r.Keys() {
		d, err := spread(k)
		if err != nil {
			return nil, r.KeyErrorf(k, "%v", err)
		}
		var p document.Percent
		text, _ := r.Value(k).Scalar()
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return nil, r.Errorf(k, "%v", err)
		}
		list, sum = append(list, Portion{d, float64(p)}), sum+float64(p)
	}
	if math.Abs(sum-1) > 1e-6 {
		return nil, at.Errorf(key, "the shares add up to %g%%, and must to 100%%: write one time, or {0s: 70%%, 30s: 30%%}", math.Round(1e4*sum)/100)
	}
	return list, nil
}

// longestSpread bounds what is asked of one AS.
const longestSpread = time.Hour

func spread(text string) (time.Duration, error) {
	d, err := document.ParseDuration(text)
	if err == nil && (d < 0 || d > longestSpread) {
		err = fmt.Errorf("%s is not between 0s and %v", text, document.Duration(longestSpread))
	}
	return d, err
}
