package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/generate"
)

// small is three weeks of a company of twenty: the rules run over the last one.
func small() settings {
	cfg := generate.DefaultConfig()
	cfg.Users, cfg.Days, cfg.Ratio, cfg.Delay = 20, 21, 3, "entra"
	return settings{content: "../../content", cfg: cfg, seeds: 1, warm: 14, every: 6 * time.Hour, jobs: 2, show: 3}
}

// A benign generated week raises no unexpected alert over the whole pack.
func TestBenignWeekIsQuiet(t *testing.T) {
	s := small()
	s.bar = 0
	var out bytes.Buffer
	ok, err := month(context.Background(), &out, s)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Errorf("the pack is not quiet:\n%s", out.String())
	}
}

// Attacks that are laid over the noise are caught by their rules.
func TestLaidAttacksAreCaught(t *testing.T) {
	s := small()
	s.cfg.Days = 16
	s.only = "a3|a8|b8|c2|d1|f4"
	var out bytes.Buffer
	ok, err := attacks(context.Background(), &out, s)
	if err != nil {
		t.Fatal(err)
	}
	if !ok || !strings.Contains(out.String(), "6 of 6") {
		t.Error(out.String())
	}
}

// The bars of these tests can be missed: without its attack a rule catches nothing, and a noisy rule is counted.
func TestMissesAreSeen(t *testing.T) {
	s := small()
	s.only = "health/stream-silent"
	s.cfg.Attacks = []string{"f1"}
	s.bar = 0
	var out bytes.Buffer
	ok, err := month(context.Background(), &out, s)
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		t.Errorf("a stream ends, and the bar of no alerts is held:\n%s", out.String())
	}
}

// Every attack has a rule that should catch it.
func TestEveryAttackHasItsRule(t *testing.T) {
	b, _, err := load("../../content", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range generate.Attacks() {
		found := false
		for _, r := range b.Rules {
			found = found || catchers[a.Name] != "" && strings.HasSuffix(r.File(), catchers[a.Name]+".yaml")
		}
		if !found {
			t.Errorf("attack %s (%s) has no rule", a.Name, a.Rule)
		}
	}
}
