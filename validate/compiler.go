package validate

import (
	"slices"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/validate/check"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// Diagnosed turns what the compiler said of a query that is no content into findings, as Run does for one that is.
func Diagnosed(q content.Text, res CompileResult) []report.Finding {
	return check.Diagnosed(q, res, report.Error)
}

// KQL is the Compiler of this program: it binds queries against the service's tables and the bundle's own names.
type KQL struct {
	// HasKernel tells what the engine runs; what it does not is a warning, because the service runs it. nil warns of nothing.
	HasKernel func(kind symbol.FunctionKind, name string) bool

	mu       sync.Mutex
	catalogs map[catalogKey]*names
}

// names are what queries of a profile and bundle can name.
type names struct {
	*catalog.Catalog
	summaries bind.Summaries
}

type catalogKey struct {
	profile string
	bundle  *content.Bundle
}

// NewKQL returns a compiler; hasKernel may be nil.
func NewKQL(hasKernel func(symbol.FunctionKind, string) bool) *KQL {
	return &KQL{HasKernel: hasKernel, catalogs: map[catalogKey]*names{}}
}

func (k *KQL) catalog(profile string, b *content.Bundle) *names {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := catalogKey{profile, b}
	c, ok := k.catalogs[key]
	if !ok {
		c = &names{Catalog: catalog.FromBundle(tables.Profile(profile), b)}
		k.catalogs[key] = c
	}
	return c
}

// Check compiles a query.
func (k *KQL) Check(query content.Text, profile string, b *content.Bundle) CompileResult {
	return k.compile("", query.String(), profile, b)
}

// CheckFunction compiles a function's body with its parameters in scope; see ParameterLets.
func (k *KQL) CheckFunction(f *content.Function, profile string, b *content.Bundle) CompileResult {
	return k.compile(ParameterLets(f), f.Query.String(), profile, b)
}

// ParameterLets returns statements that put a function's parameters in scope for its body: scalars have their defaults or
// nulls, tables are empty.
func ParameterLets(f *content.Function) string {
	var p strings.Builder
	for _, par := range f.Parameters {
		p.WriteString("let ")
		p.WriteString(par.Name)
		p.WriteString(" = ")
		switch inner, tabular := strings.CutPrefix(strings.TrimSpace(par.Type), "("); {
		case tabular && strings.TrimSpace(strings.TrimSuffix(inner, ")")) == "*":
			p.WriteString("datatable(TimeGenerated: datetime)[] | evaluate bag_unpack(dynamic({}))") // any columns
		case tabular:
			p.WriteString("datatable" + strings.TrimSpace(par.Type) + "[]")
		case par.HasDefault:
			p.WriteString(par.Default)
		case par.Type == "string":
			p.WriteString(`tostring("")`)
		default:
			p.WriteString(par.Type + "(null)")
		}
		p.WriteString(";\n")
	}
	return p.String()
}

// compile binds prefix+text and reports places in text alone.
func (k *KQL) compile(prefix, text, profile string, b *content.Bundle) CompileResult {
	cat := k.catalog(profile, b)
	c := kql.Compile(prefix+text, kql.Options{Catalog: cat.Catalog, Summaries: &cat.summaries, Profile: kql.Profile(profile), HasKernel: k.HasKernel})
	var out CompileResult
	for _, d := range c.Diagnostics {
		if d.Span.Start < len(prefix) {
			continue
		}
		d.Span = shifted(d.Span, len(prefix))
		notes := d.Notes
		d.Notes = nil
		for _, n := range notes {
			if n.Span.Start >= len(prefix) {
				n.Span = shifted(n.Span, len(prefix))
				d.Notes = append(d.Notes, n)
			}
		}
		out.Diagnostics = append(out.Diagnostics, d)
	}
	for _, u := range c.Query.Unsupported {
		if u.Span.Start < len(prefix) {
			continue
		}
		if name, bodiless := strings.CutSuffix(u.What, ", whose body is not here"); bodiless {
			out.Diagnostics = append(out.Diagnostics, source.Diagnostic{
				Code: "BS100", Severity: source.Suggestion, Kind: source.Semantic, Span: shifted(u.Span, len(prefix)),
				Message: "the body of " + name + " is not here, only what it returns is known", Help: "the rule can be deployed where it is installed; to run its tests here, put it into functions/",
			})
			continue
		}
		out.Diagnostics = append(out.Diagnostics, source.Diagnostic{
			Code: "BS100", Severity: source.Warning, Kind: source.Semantic, Span: shifted(u.Span, len(prefix)),
			Message: u.What + " is not supported by the emulator", Help: "the rule can be deployed; its tests cannot run here",
		})
	}
	for _, name := range c.Query.Tables {
		_, table := symbol.SplitWorkspace(name)
		out.Tables = append(out.Tables, table)
	}
	slices.Sort(out.Tables)
	out.Tables = slices.Compact(out.Tables)
	if !c.OK() {
		return out
	}
	out.Columns = []Column{}
	for _, col := range c.Columns {
		out.Columns = append(out.Columns, Column{Name: col.Name, Type: col.Type.String()})
	}
	out.Open = c.Query.Open()
	return out
}

func shifted(s source.Span, by int) source.Span {
	return source.Span{Start: s.Start - by, End: s.End - by}
}
