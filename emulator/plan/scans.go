package plan

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

// Scans calls f for each table that rel reads, in it and in the definitions it shares. Relations inside expressions are not
// entered.
func Scans(rel bind.Rel, f func(*bind.Scan)) {
	seen := map[*bind.SharedDef]bool{}
	var visit func(bind.Rel) bind.Rel
	visit = func(r bind.Rel) bind.Rel {
		switch x := r.(type) {
		case *bind.Scan:
			f(x)
		case *bind.Shared:
			if !seen[x.Def] {
				seen[x.Def] = true
				visit(x.Def.Rel)
			}
		}
		return mapInputs(r, visit)
	}
	visit(rel)
}
