package main

import (
	"bytes"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// affected compares two loads of a folder: the files that are not the same, sorted, and which tests they can alter. A rule
// or test file alters its own, a function, watchlist or table the tests of rules whose queries name it, directly or through
// functions, a template those whose events are made from it, directly or through templates like it, and streams all. Both
// bundles must come from one content.Cache.
func affected(before, now *content.Bundle) (files []string, touched func(*content.TestFile) bool) {
	old := make(map[string]*content.Document, len(before.Documents))
	for _, d := range before.Documents {
		old[d.File()] = d
	}
	changed := map[string]content.Kind{}
	for _, d := range now.Documents {
		if was := old[d.File()]; was != d {
			changed[d.File()] = d.Kind
		}
		delete(old, d.File())
	}
	for f, d := range old {
		changed[f] = d.Kind
	}
	all := false
	for f, kind := range changed {
		files = append(files, f)
		all = all || kind == content.KindStream
	}
	sort.Strings(files)
	names := map[string]bool{}
	templates := changedTemplates(before, now)
	for _, b := range []*content.Bundle{before, now} {
		for _, x := range b.Functions {
			if _, ok := changed[x.Doc.File()]; ok {
				names[x.Alias] = true
			}
		}
		for _, x := range b.Watchlists {
			if _, ok := changed[x.Doc.File()]; ok {
				names[x.Alias] = true
			}
		}
		for _, x := range b.Tables {
			if _, ok := changed[x.Doc.File()]; ok {
				names[x.Name] = true
			}
		}
		for _, x := range b.Summaries {
			if _, ok := changed[x.Doc.File()]; ok {
				names[x.DestinationTable] = true
			}
		}
	}
	for grew := true; grew; {
		grew = false
		for _, f := range now.Functions {
			if !names[f.Alias] && mentions(f.Query.String(), names) {
				names[f.Alias], grew = true, true
			}
		}
	}
	return files, func(t *content.TestFile) bool {
		if all {
			return true
		}
		if _, ok := changed[t.File()]; ok {
			return true
		}
		if t.Rule != nil {
			if _, ok := changed[t.Rule.File()]; ok || mentions(t.Rule.Query.String(), names) {
				return true
			}
		}
		for _, c := range t.Tests {
			for _, e := range c.Events {
				if names[e.Table] {
					return true
				}
				for _, e := range e.Events {
					if templates[e.Use] {
						return true
					}
				}
			}
			for _, f := range c.Functions {
				if mentions(f.Query.String(), names) {
					return true
				}
			}
		}
		return false
	}
}

// changedTemplates names the templates that make other rows than before, those like them too.
func changedTemplates(before, now *content.Bundle) map[string]bool {
	old := make(map[string]*content.EventTemplate, len(before.Templates))
	for _, t := range before.Templates {
		old[t.Name] = t
	}
	out := map[string]bool{}
	for _, t := range now.Templates {
		if was := old[t.Name]; was == nil || was.Doc != t.Doc && !sameTemplate(was, t) {
			out[t.Name] = true
		}
		delete(old, t.Name)
	}
	for name := range old {
		out[name] = true
	}
	for grew := len(out) > 0; grew; {
		grew = false
		for _, t := range now.Templates {
			if t.Like != "" && out[t.Like] && !out[t.Name] {
				out[t.Name], grew = true, true
			}
		}
	}
	return out
}

// sameTemplate compares what two templates make, not where they stand.
func sameTemplate(a, b *content.EventTemplate) bool {
	if a.Table != b.Table || a.Like != b.Like || len(a.In) != len(b.In) || !bytes.Equal(content.AppendJSON(nil, a.Fields), content.AppendJSON(nil, b.Fields)) {
		return false
	}
	for i := range a.In {
		if a.In[i].Table != b.In[i].Table || !bytes.Equal(content.AppendJSON(nil, a.In[i].Fields), content.AppendJSON(nil, b.In[i].Fields)) {
			return false
		}
	}
	return true
}

func mentions(text string, names map[string]bool) bool {
	for n := range names {
		if strings.Contains(text, n) {
			return true
		}
	}
	return false
}
