package builtin

import (
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// Every kernel has a signature of its canonical name, so that a query can reach it.
func TestKernelsHaveSignatures(t *testing.T) {
	for _, name := range Names() {
		if f := symbol.LookupFunction(name); f != nil {
			if f.Canonical != name {
				t.Errorf("%s: its canonical name is %s", name, f.Canonical)
			}
			continue
		}
		if symbol.LookupOperator(name) == nil {
			t.Errorf("%s: symbol has neither function nor operator of that name", name)
		}
	}
	for _, name := range AggregateNames() {
		if f := symbol.LookupAggregate(name); f == nil || f.Canonical != name {
			t.Errorf("aggregate %s: symbol has none of that name", name)
		}
	}
}

// What binds and has no kernel is known: the list is the reason to refuse it.
func TestMissingKernels(t *testing.T) {
	known := strings.Fields(missingKernels)
	has := map[string]bool{}
	for _, n := range known {
		has[n] = true
	}
	for _, name := range append(symbol.Names(symbol.Scalar), symbol.Names(symbol.Operator)...) {
		f := symbol.LookupFunction(name)
		if f == nil {
			f = symbol.LookupOperator(name)
		}
		_, ok := Lookup(f.Canonical)
		switch {
		case !ok && !has[f.Canonical]:
			t.Errorf("%s has no kernel", f.Canonical)
		case ok && has[f.Canonical]:
			t.Errorf("%s has a kernel and is in the list of those without", f.Canonical)
		}
	}
	for _, name := range symbol.Names(symbol.Aggregate) {
		f := symbol.LookupAggregate(name)
		if _, ok := LookupAggregate(f.Canonical); !ok && f.Canonical != "arg_max" && f.Canonical != "arg_min" && f.Canonical != "passthrough" {
			t.Errorf("aggregate %s has no accumulator", f.Canonical)
		}
	}
}

// Scalar functions and operators that bind and do not run: the inner ones of the service, those of graphs, clusters, cursors and extents; those that package bind
// resolves or rewrites (column_ifexists, column_names_of, iscolumnexists, replace, table); buffers of shapes; and hash_combine and hash_many, whose mixing is not documented.
const missingKernels = `
__cast __geo_length_to_s2cell_level __geo_line_s2cell_covering_level __geo_line_validate __geo_polygon_s2cell_covering_level
__geo_polygon_validate __hash_crc32 __hash_djb2 __hash_many_crc32 __hash_xxh64 __hll_normalize __invoke __ipv6_lookup_ranges
__lz4_compress_dynamic_array_to_base64_string
all any cluster column_ifexists column_names_of current_node_id current_principal_details current_principal_is_member_of
cursor_after cursor_before_or_at cursor_current database datetime_list_timezones entity_group estimate_data_size extent_id
extent_tags external_table 
geo_line_buffer geo_point_buffer
geo_polygon_buffer
graph hash_combine hash_many hll_isvalid inner_nodes iscolumnexists labels map
materialized_view node_degree_in node_degree_out node_id replace row_id rowstore_ordinal_range stored_query_result table
tdigest_isvalid
`
