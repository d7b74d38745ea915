package main

import (
	"encoding/json"
	"os"
	"sort"

	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// A baseline counts the known findings of each check in each file, so that it outlives moved lines: as many as were
// there are forgiven, one more is not.
type baseline struct {
	SchemaVersion int             `json:"schemaVersion"`
	Known         []baselineEntry `json:"known"`
}

type baselineEntry struct {
	File    string `json:"file"`
	Check   string `json:"check"`
	Message string `json:"message"`
	Count   int    `json:"count"`
}

func (e baselineEntry) key() [3]string { return [3]string{e.File, e.Check, e.Message} }

func writeBaseline(name string, rep *report.Report) error {
	counts := map[[3]string]int{}
	for _, f := range rep.Findings {
		counts[[3]string{f.File, f.Name(), f.Message}]++
	}
	b := baseline{SchemaVersion: 1, Known: []baselineEntry{}}
	for k, n := range counts {
		b.Known = append(b.Known, baselineEntry{k[0], k[1], k[2], n})
	}
	sort.Slice(b.Known, func(i, j int) bool {
		x, y := b.Known[i], b.Known[j]
		if x.File != y.File {
			return x.File < y.File
		}
		if x.Check != y.Check {
			return x.Check < y.Check
		}
		return x.Message < y.Message
	})
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := replaceFile(name, append(data, '\n')); err != nil {
		return fail(exitUsage, "%s: %s", name, plainCause(err))
	}
	return nil
}

func applyBaseline(name string, rep *report.Report) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fail(exitUsage, "%s: %s; make it with --write-baseline", name, plainCause(err))
	}
	var b baseline
	if err := json.Unmarshal(data, &b); err != nil {
		return fail(exitUsage, "%s is no baseline: %v", name, err)
	}
	left := map[[3]string]int{}
	for _, e := range b.Known {
		left[e.key()] += e.Count
	}
	kept := rep.Findings[:0]
	for _, f := range rep.Findings {
		k := [3]string{f.File, f.Name(), f.Message}
		if left[k] > 0 {
			left[k]--
			continue
		}
		kept = append(kept, f)
	}
	rep.Findings = kept
	return nil
}
