package symbol

// canonical returns the name under which kernels know a function: old and short spellings have that of the function they
// stand for. replace() is not here: its arguments come in another order, which package bind mends.
func canonical(kind FunctionKind, name string) string {
	if kind == Aggregate {
		switch name {
		case "cnt":
			return "count"
		case "makelist":
			return "make_list"
		case "makeset":
			return "make_set"
		case "make_dictionary":
			return "make_bag"
		case "any":
			return "take_any"
		case "anyif":
			return "take_anyif"
		case "argmax":
			return "arg_max"
		case "argmin":
			return "arg_min"
		case "merge_tdigest":
			return "tdigest_merge"
		}
		return name
	}
	if kind != Scalar {
		return name
	}
	switch name {
	case "iif":
		return "iff"
	case "array_iif":
		return "array_iff"
	case "floor":
		return "bin"
	case "todouble":
		return "toreal"
	case "toboolean":
		return "tobool"
	case "totime":
		return "totimespan"
	case "make_datetime", "make_timespan":
		return name
	case "todynamic", "toobject", "parsejson":
		return "parse_json"
	case "parseurl":
		return "parse_url"
	case "parseurlquery":
		return "parse_urlquery"
	case "extractall":
		return "extract_all"
	case "extractjson":
		return "extract_json"
	case "notnull":
		return "isnotnull"
	case "notempty":
		return "isnotempty"
	case "columnifexists":
		return "column_ifexists"
	case "arraylength":
		return "array_length"
	case "array_strcat":
		return "strcat_array"
	case "array_sum":
		return "series_sum"
	case "pack", "pack_dictionary":
		return "bag_pack"
	case "base64_encodestring":
		return "base64_encode_tostring"
	case "base64_decodestring":
		return "base64_decode_tostring"
	case "make_string":
		return "unicode_codepoints_to_string"
	case "to_utf8":
		return "unicode_codepoints_from_string"
	case "weekofyear":
		return "week_of_year"
	case "datepart":
		return "datetime_part"
	case "hash_xxhash64":
		return "hash"
	case "extentid":
		return "extent_id"
	case "current_cursor":
		return "cursor_current"
	case "row_rank":
		return "row_rank_dense"
	case "merge_tdigest":
		return "tdigest_merge"
	}
	return name
}
