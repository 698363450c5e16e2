package record

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// suiteShards are the shards of a suite, in their order.
type suiteShards struct {
	dirs   []string
	suites []Suite
}

// MergeSuite makes one suite of its shards in the directories and returns its own, below
// out: each scenario is one run, made of its shards as Merge makes it.
func MergeSuite(out string, dirs []string, check Check) (path string, err error) {
	shards, err := shardsOfSuite(dirs)
	if err != nil {
		return "", fmt.Errorf("these shards make no suite:\n%w", err)
	}
	suite := shards.together()
	members := make([]runShards, len(suite.Members))
	var errs []error
	for i, m := range suite.Members {
		if m.Err != "" {
			continue
		}
		if members[i], err = shards.member(i, check); err != nil {
			errs = append(errs, errors.New(m.Dir+": "+strings.ReplaceAll(err.Error(), "\n", "\n"+m.Dir+": ")))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("these shards make no suite:\n%w", err)
	}
	return made(filepath.Join(out, suite.Folder()), func(path, id string) error {
		for i, m := range suite.Members {
			if m.Err != "" {
				continue
			}
			if err := members[i].mergeInto(filepath.Join(path, m.Dir), id); err != nil {
				return err
			}
		}
		return WriteSuite(path, suite)
	})
}

// shardsOfSuite finds the shards of one suite among the directories. What is wrong is
// named, all of it.
func shardsOfSuite(dirs []string) (found suiteShards, err error) {
	var errs []error
	var list []piece
	var all suiteShards
	for _, dir := range dirs {
		s, err := readSuiteShard(dir)
		if err == nil && len(list) > 0 {
			if what := all.suites[0].differs(s); what != "" {
				err = fmt.Errorf("%s is of another suite than %s: %s", dir, all.dirs[0], what)
			}
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, piece{*s.Shard, dir, s.Outcome == completed})
		all.dirs, all.suites = append(all.dirs, dir), append(all.suites, s)
	}
	if len(list) == 0 {
		return found, errors.Join(errs...)
	}
	order, err := inOrder(list, all.suites[0].commandOf)
	if err := errors.Join(append(errs, err)...); err != nil {
		return found, err
	}
	for _, at := range order {
		found.dirs, found.suites = append(found.dirs, all.dirs[at]), append(found.suites, all.suites[at])
	}
	return found, nil
}

// readSuiteShard reads suite.json of a shard.
func readSuiteShard(dir string) (Suite, error) {
	s, err := ReadSuite(dir)
	switch {
	case err != nil:
		return s, err
	case s.Shard == nil || !s.Shard.exists():
		return s, fmt.Errorf("%s is no shard of a suite", dir)
	case !isName(s.Folder()):
		return s, fmt.Errorf("%s is damaged: no suite is called %q", dir, s.Name)
	}
	var taken []string
	for _, m := range s.Members {
		if !isName(m.Dir) || slices.Contains(taken, m.Dir) {
			return s, fmt.Errorf("%s is damaged: the directory of %s is %q", dir, m.Scenario, m.Dir)
		}
		taken = append(taken, m.Dir)
	}
	return s, nil
}

// differs says in what two shards are not of one suite; "" if they are. What differs in
// their scenarios, the scenarios' runs say.
func (s Suite) differs(o Suite) string {
	for _, c := range []struct {
		what string
		a, b any
	}{
		{"name", s.Named(), o.Named()}, {"number of shards", s.Shard.Of, o.Shard.Of},
		{"list of scenarios", fmt.Sprint(s.directories()), fmt.Sprint(o.directories())},
	} {
		if c.a != c.b {
			return fmt.Sprintf("another %s: %v, not %v", c.what, c.b, c.a)
		}
	}
	return ""
}

func (s Suite) directories() []string {
	var list []string
	for _, m := range s.Members {
		list = append(list, m.Dir)
	}
	return list
}

// commandOf is the line that makes a shard of the same suite.
func (s Suite) commandOf(shard Shard, beside string) string {
	return asShard(s.Command, shardFlag+shard.String()) + outOf(beside, s.Folder())
}

// member finds the shards of a scenario. Which shards of the suite have a shard of it,
// Plan.DivideOf says: the K-th of so few is that of the first which has K of its trials.
func (s suiteShards) member(i int, check Check) (found runShards, err error) {
	var errs []error
	var dirs []string
	for at, dir := range s.dirs {
		suite := s.suites[at]
		switch path := filepath.Join(dir, suite.Members[i].Dir); {
		case suite.Members[i].Idle:
		case !IsRun(path):
			errs = append(errs, fmt.Errorf("shard %v is missing in %s: %s makes it", *suite.Shard, dir, suite.commandOf(*suite.Shard, dir)))
		default:
			dirs = append(dirs, path)
		}
	}
	of := len(s.dirs)
	switch {
	case len(errs) > 0:
		return found, errors.Join(errs...)
	case len(dirs) == 0:
		return found, errors.New("no shard has a trial of it")
	}
	return shardsOf(dirs, check, func(own Shard, beside string) string {
		return s.suites[0].commandOf(Shard{(own.Index*of + own.Of - 1) / own.Of, of}, filepath.Dir(beside))
	})
}

// together is suite.json of the suite that the shards make. What a shard could not carry
// out is not known of the suite.
func (s suiteShards) together() Suite {
	whole := s.suites[0]
	whole.Shard, whole.Command = nil, ""
	whole.Members = slices.Clone(whole.Members)
	for i := range whole.Members {
		whole.Members[i].Idle = false
	}
	for _, shard := range slices.Backward(s.suites) {
		if shard.Started.Before(whole.Started) {
			whole.Started = shard.Started
		}
		if shard.Ended.After(whole.Ended) {
			whole.Ended = shard.Ended
		}
		for i, m := range shard.Members {
			if m.Err != "" {
				whole.Members[i].Err = fmt.Sprintf("shard %v: %s", *shard.Shard, m.Err)
			}
		}
	}
	return whole
}
