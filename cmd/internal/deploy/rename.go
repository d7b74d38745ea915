package deploy

// No two rules may have one display name. So a rule that takes over a name waits until the rule that has it has another, and
// where rules wait for each other in a circle one of them gets a name of its own in between.

// rules writes rules in an order in which every name is free when it is taken.
func (r *run) rules(actions []*Action) {
	holder := map[string]*Action{} // who leaves a name
	for _, a := range actions {
		if a.have != nil && !a.markOnly && a.have.text("displayName") != a.want.text("displayName") {
			holder[a.have.text("displayName")] = a
		}
	}
	for left := actions; len(left) > 0 && !r.stopped(); {
		var ready, wait []*Action
		for _, a := range left {
			if h := holder[a.want.text("displayName")]; h != nil && h != a {
				wait = append(wait, a)
			} else {
				ready = append(ready, a)
			}
		}
		if len(ready) == 0 {
			h := holder[wait[0].want.text("displayName")]
			delete(holder, h.have.text("displayName"))
			if err := r.stepAside(h); err != nil { // told of when its turn comes
				r.mu.Lock()
				r.fate[h] = err
				r.mu.Unlock()
				for i, a := range wait {
					if a == h {
						wait = append(wait[:i:i], wait[i+1:]...)
						break
					}
				}
			}
			left = wait
			continue
		}
		r.stage(ready)
		for _, a := range ready {
			if a.have != nil {
				if name := a.have.text("displayName"); holder[name] == a {
					delete(holder, name)
				}
			}
		}
		left = wait
	}
}

// stepAside gives a rule, as it is in the workspace, a name that no other has.
func (r *run) stepAside(a *Action) error {
	between := *a.have
	between.Body = cloneMap(a.have.Body)
	props := cloneMap(a.have.props())
	props["displayName"] = clipName(a.have.text("displayName"), 200) + " (being renamed, " + a.have.ID + ")"
	between.Body["properties"] = props
	got, err := r.write(a, &between, a.have)
	if err != nil {
		return err
	}
	a.have = got
	return nil
}

func clipName(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
