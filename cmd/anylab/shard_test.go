package main

import (
	"os"
	"strings"
	"testing"

	"anylab/lab/record"
)

func TestShardOfAnEngine(t *testing.T) {
	for name, c := range map[string]struct {
		env  string
		want record.Shard
		seed uint64
		err  string
	}{
		"Slurm":            {"SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_JOB_ID=4711", record.Shard{Index: 3, Of: 8}, 4711, ""},
		"Slurm, by twos":   {"SLURM_ARRAY_TASK_ID=6 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_JOB_ID=9", record.Shard{Index: 4, Of: 4}, 9, ""},
		"Kubernetes":       {"JOB_COMPLETION_INDEX=0 ANYLAB_SHARDS=8", record.Shard{Index: 1, Of: 8}, 0, ""},
		"GitLab":           {"CI_NODE_INDEX=8 CI_NODE_TOTAL=8 CI_PIPELINE_ID=12", record.Shard{Index: 8, Of: 8}, 12, ""},
		"none":             {"", record.Shard{}, 0, "say --shard K/N"},
		"two":              {"CI_NODE_INDEX=1 CI_NODE_TOTAL=2 JOB_COMPLETION_INDEX=0 ANYLAB_SHARDS=2", record.Shard{}, 0, "as well"},
		"no count":         {"JOB_COMPLETION_INDEX=0", record.Shard{}, 0, `$ANYLAB_SHARDS is "", want a number`},
		"beyond the count": {"JOB_COMPLETION_INDEX=8 ANYLAB_SHARDS=8", record.Shard{}, 0, "shard 9/8: there is none"},
		"off the step":     {"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_STEP=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_JOB_ID=9", record.Shard{}, 0, "$SLURM_ARRAY_TASK_ID is 7, which no step of 3 from 0 reaches"},
		"before the first": {"SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=4 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_JOB_ID=9", record.Shard{}, 0, "$SLURM_ARRAY_TASK_ID is 3"},
		"job is no number": {"CI_NODE_INDEX=1 CI_NODE_TOTAL=2 CI_PIPELINE_ID=abc", record.Shard{}, 0, `$CI_PIPELINE_ID is "abc", want a number up to 18446744073709551615 for the seed, or --seed`},
		"no index by twos": {"SLURM_ARRAY_TASK_ID=x SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=4", record.Shard{}, 0, `$SLURM_ARRAY_TASK_ID is "x"`},
		"too large":        {"JOB_COMPLETION_INDEX=99999999999999999999 ANYLAB_SHARDS=8", record.Shard{}, 0, `want a number up to 9223372036854775807`},
		"no number":        {"JOB_COMPLETION_INDEX=x ANYLAB_SHARDS=8", record.Shard{}, 0, `$JOB_COMPLETION_INDEX is "x"`},
	} {
		for _, e := range os.Environ() {
			if key, _, _ := strings.Cut(e, "="); strings.HasPrefix(key, "CI_") || strings.HasPrefix(key, "SLURM_") || strings.HasPrefix(key, "JOB_") {
				t.Setenv(key, "")
			}
		}
		for e := range strings.FieldsSeq("SLURM_ARRAY_TASK_STEP= ANYLAB_SHARDS= " + c.env) {
			key, value, _ := strings.Cut(e, "=")
			t.Setenv(key, value)
		}
		f := runFlags{shard: "auto"}
		got, told, err := f.dividedAs()
		var seed uint64
		if err == nil {
			seed, err = told.seed()
		}
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", name, err, c.err)
			}
		case err != nil || got != c.want || seed != c.seed:
			t.Errorf("%s: shard %v, seed %d, error %v; want %v, %d", name, got, seed, err, c.want, c.seed)
		}
	}
}
