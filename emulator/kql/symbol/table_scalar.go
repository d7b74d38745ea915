package symbol

// scalarTable lists the scalar and window functions, one line an overload, sorted by name; table.go says how a line is read.
//
// Source: the parameter lists of the KQL reference and of Microsoft's language service.
const scalarTable = `
__cast(type:type!lit, value:scalar) =typeof0 hidden
__geo_length_to_s2cell_level(length:number) int hidden
__geo_line_s2cell_covering_level(lineString:bag) int hidden
__geo_line_validate(lineString:bag) string hidden
__geo_polygon_s2cell_covering_level(polygon:bag) int hidden
__geo_polygon_validate(polygon:bag) string hidden
__hash_crc32(source:notdynamic, mod:integer, seed:integer) long hidden
__hash_djb2(source:notdynamic, mod:integer?) long hidden
__hash_many_crc32(arg:scalar+..2) long hidden
__hash_xxh64(source:notdynamic, mod:integer, seed:integer) long hidden
__hll_normalize(hll:dynamic+2..16) dynamic name=arg0 hidden
__invoke(name:string!lit, type:type!lit, arg:any*) =typeof1 hidden
__ipv6_lookup_ranges(ip:stringordynamic, ranges:array) dynamic hidden
__lz4_compress_dynamic_array_to_base64_string(dynamic:array) string hidden
abs(number:integer) long name=arg0 fold
abs(number:number) =arg0 name=arg0 fold
abs(number:timespan) timespan name=arg0 fold
acos(number:number) real name=arg0 fold
ago(timespan:timespan) datetime fold
all(pattern_element:scalar, expression:bool!elem0) bool graph
any(pattern_element:scalar, expression:bool!elem0) bool graph
around(value:scalar, center:scalar, delta:scalar) bool
array_concat(array:array+..64) =custom fold
array_iff(condition_array:array, when_true:scalar, when_false:scalar) =custom fold
array_iif(condition_array:array, when_true:scalar, when_false:scalar) =custom fold hidden
array_index_of(array:array, value:scalar, start:integer?, length:integer?, occurrence:integer!const?) long fold
array_length(array:array) long fold
array_reverse(value:array) =arg0 fold
array_rotate_left(array:array, rotate_count:integer) =arg0 fold
array_rotate_right(array:array, rotate_count:integer) =arg0 fold
array_shift_left(array:array, shift_count:integer, default_value:scalar?) =arg0 fold
array_shift_right(array:array, shift_count:integer, default_value:scalar?) =arg0 fold
array_slice(array:array, start:integer, end:integer) =arg0 fold
array_sort_asc(arrays:array+..64, nulls_last:bool!const?) =custom
array_sort_desc(arrays:array+..64, nulls_last:bool!const?) =custom
array_split(array:array, index:integer) =arg0 fold
array_split(array:array, indices:array) =arg0 fold
array_strcat(array:array, delimiter:scalar) string fold
array_sum(array:array) real deprecated=series_sum hidden
arraylength(array:array) long fold deprecated=array_length hidden
asin(number:number) real name=arg0 fold
assert(predicate:bool, message:string) bool
atan(number:number) real name=arg0 fold
atan2(y:number, x:number) real name=arg0 fold
bag_has_key(bag:bag, key:string) bool fold
bag_keys(object:bag) array(string) fold
bag_merge(bag:bag+2..64) =custom fold
bag_pack(key:string+, value:scalar+) =custom block fold
bag_pack_columns(value:scalar!col+) =custom fold
bag_remove_keys(bag:bag, keys:array) =custom fold
bag_set_key(bag:bag, key:string!const, value:scalar) =custom fold
bag_zip(keys:array, values:array) bag fold
base64_decode_toarray(base64_string:string) array fold
base64_decode_toguid(base64_string:string) guid fold
base64_decode_tostring(base64_string:string) string fold
base64_decodestring(base64_string:string) string fold deprecated=base64_decode_tostring hidden
base64_encode_fromarray(base64_string_decoded_as_array:array) string fold
base64_encode_fromguid(guid:guid) string fold
base64_encode_tostring(string:string) string fold
base64_encodestring(string:string) string fold deprecated=base64_encode_tostring hidden
beta_cdf(x:number, alpha:number, beta:number) real fold
beta_inv(probability:number, alpha:number, beta:number) real fold
beta_pdf(x:number, alpha:number, beta:number) real fold
bin(value:number, roundTo:number) =widest name=arg0 fold
bin(value:timespan, roundTo:timespan) timespan name=arg0 fold
bin(value:datetime, roundTo:datetime) datetime name=arg0 fold
bin(value:datetime, roundTo:timespan) datetime name=arg0 fold
bin_at(value:number, bin_size:number, fixed_point:number) =widest name=arg0 fold
bin_at(value:timespan, bin_size:number, fixed_point:timespan) timespan name=arg0 fold
bin_at(value:timespan, bin_size:timespan, fixed_point:timespan) timespan name=arg0 fold
bin_at(value:datetime, bin_size:summable, fixed_point:datetime) datetime name=arg0 fold
bin_auto(value:summable) =custom name=arg0 fold hidden
binary_and(value1:integer, value2:integer) long name=arg0 fold
binary_not(value:integer) long name=arg0 fold
binary_or(value1:integer, value2:integer) long name=arg0 fold
binary_shift_left(value:integer, shift:integer) long name=arg0 fold
binary_shift_right(value:integer, shift:integer) long name=arg0 fold
binary_xor(value1:integer, value2:integer) long name=arg0 fold
bitset_count_ones(value:integer) long name=arg0 fold
case(predicate:bool+, then:common+, else:common) =commonnd block fold
ceiling(number:number) =arg0 name=arg0 fold
cluster(name:string) =cluster
coalesce(arg:commonscalar+2..64) =common fold
column_ifexists(column_name:string!const, defaultValue:scalar) =arg1 name=column
column_names_of(table:tabular) array(string) fold
columnifexists(column_name:string!const, defaultValue:scalar) =arg1 name=column deprecated=column_ifexists hidden
convert_angle(value:real, from:string{@angle}, to:string{@angle}) real fold
convert_energy(value:real, from:string{@energy}, to:string{@energy}) real fold
convert_force(value:real, from:string{@force}, to:string{@force}) real fold
convert_length(value:real, from:string{@length}, to:string{@length}) real fold
convert_mass(value:real, from:string{@mass}, to:string{@mass}) real fold
convert_speed(value:real, from:string{@speed}, to:string{@speed}) real fold
convert_temperature(value:real, from:string{@temperature}, to:string{@temperature}) real fold
convert_volume(value:real, from:string{@volume}, to:string{@volume}) real fold
cos(number:number) real name=arg0 fold
cot(number:number) real fold
countof(source:string, search:string, kind:string!lit?{normal|regex}) long fold
current_cluster_endpoint() string
current_cursor() string deprecated=cursor_current hidden
current_database() string
current_node_id() string hidden
current_principal() string
current_principal_details() bag(UserPrincipalName:string,IdentityProvider:string,Authority:string,Mfa:string,Type:string,DisplayName:string,ObjectId:string,FQN:string,Notes:string)
current_principal_is_member_of(group:stringorarray+..64) bool
cursor_after(cursor:string) bool
cursor_before_or_at(cursor:string) bool
cursor_current() string
database(name:string?) =database
datepart(part:string!lit{@datepart}, date:datetime) int fold deprecated=datetime_part hidden
datetime_add(part:string!lit{@datetime_add}, value:integer, datetime:datetime) datetime fold
datetime_diff(part:string!lit{@datetime_add}, datetime1:datetime, datetime2:datetime) long fold
datetime_list_timezones() array fold
datetime_local_to_utc(from:datetime, timezone:string) datetime fold
datetime_part(part:string!lit{@datepart}, date:datetime) int fold
datetime_utc_to_local(from:datetime, timezone:string) datetime fold
dayofmonth(date:datetime) int fold
dayofweek(date:datetime) timespan fold
dayofyear(date:datetime) int fold
dcount_hll(hll:array) long name=dcount_hll_arg0
degrees(radians:number) real fold
dynamic_to_json(dynamic:scalar) string fold
endofday(date:datetime, offset:long?) datetime fold
endofmonth(date:datetime, offset:long?) datetime fold
endofweek(date:datetime, offset:long?) datetime fold
endofyear(date:datetime, offset:long?) datetime fold
entity_group(name:string) =entitygroup
erf(number:number) real name=arg0 fold
erfc(number:number) real name=arg0 fold
estimate_data_size(column:scalar!col+) long
estimate_data_size(column:scalar!star) long
exp(number:number) real name=arg0 fold
exp10(number:number) real name=arg0 fold
exp2(number:number) real name=arg0 fold
extent_id() guid
extent_tags() array(string)
extentid() guid deprecated=extent_id hidden
external_table(name:string, mapping:string?) =externaltable
external_table(name:string, max_age:timespan) =externaltable
extract(regex:string!const, captureGroup:long, source:string) string fold
extract(regex:string!const, captureGroup:long, source:string, typeLiteral:type!lit) =typeofN fold
extract_all(regex:string!const, source:string) array fold
extract_all(regex:string!const, captureGroups:array, source:string) array fold
extract_json(jsonPath:string!const, jsonText:string) string fold
extract_json(jsonPath:string!const, jsonText:string, type:type!lit) =typeofN fold
extractall(regex:string!const, source:string) array fold deprecated=extract_all hidden
extractall(regex:string!const, captureGroups:array, source:string) array fold deprecated=extract_all hidden
extractjson(jsonPath:string!const, jsonText:string) string fold
extractjson(jsonPath:string!const, jsonText:string, type:type!lit) =typeofN fold
floor(value:number, roundTo:number) =widest name=arg0 fold
floor(value:timespan, roundTo:timespan) timespan name=arg0 fold
floor(value:datetime, roundTo:datetime) datetime name=arg0 fold
floor(value:datetime, roundTo:timespan) datetime name=arg0 fold
format_bytes(size:number, precision:number!const?, format:string!const?) string name=arg0
format_datetime(date:datetime, format:string!litne) string name=arg0 fold
format_ipv4(ip:scalar, prefix:long?) string fold
format_ipv4_mask(ip:scalar, prefix:long) string fold
format_timespan(timespan:timespan, format:string!litne) string name=arg0 fold
gamma(number:number) real name=arg0 fold
geo_angle(p1_longitude:number, p1_latitude:number, p2_longitude:number, p2_latitude:number, p3_longitude:number, p3_latitude:number) real fold
geo_azimuth(p1_longitude:number, p1_latitude:number, p2_longitude:number, p2_latitude:number) real fold
geo_closest_point_on_line(longitude:number, latitude:number, lineString:bag) bag(type:string,coordinates:array) fold
geo_closest_point_on_polygon(longitude:number, latitude:number, polygon:bag) bag(type:string,coordinates:array) fold
geo_distance_2points(p1_longitude:number, p1_latitude:number, p2_longitude:number, p2_latitude:number, use_spheroid:numberorbool?) real fold
geo_distance_point_to_line(longitude:number, latitude:number, lineString:bag) real fold
geo_distance_point_to_polygon(longitude:number, latitude:number, polygon:bag) real fold
geo_from_wkt(wkt:stringorarray) bag(type:string,coordinates:array) fold
geo_geohash_neighbors(geohash:string) array(string) fold
geo_geohash_to_central_point(geohash:string) bag(type:string,coordinates:array) fold
geo_geohash_to_polygon(geohash:string) bag(type:string,coordinates:array) fold
geo_h3cell_children(h3cell:string, resolution:number?) array(string) fold
geo_h3cell_level(h3cell:string) int fold
geo_h3cell_neighbors(h3cell:string) array(string) fold
geo_h3cell_parent(h3cell:string, resolution:number?) string fold
geo_h3cell_rings(h3cell:string, distance:number) array(array(string)) fold
geo_h3cell_to_central_point(h3cell:string) bag(type:string,coordinates:array) fold
geo_h3cell_to_polygon(h3cell:string) bag(type:string,coordinates:array) fold
geo_info_from_ip_address(ip:string) dynamic fold
geo_intersection_2lines(lineString1:bag, lineString2:bag) bag(type:string,coordinates:array) fold
geo_intersection_2polygons(polygon1:bag, polygon2:bag) bag(type:string,coordinates:array) fold
geo_intersection_line_with_polygon(lineString:bag, polygon:bag) bag(type:string,coordinates:array) fold
geo_intersects_2lines(lineString1:bag, lineString2:bag) bool fold
geo_intersects_2polygons(polygon1:bag, polygon2:bag) bool fold
geo_intersects_line_with_polygon(lineString:bag, polygon:bag) bool fold
geo_line_buffer(lineString:bag, radius:number, tolerance:number?) bag(type:string,coordinates:array) fold
geo_line_centroid(lineString:bag) bag(type:string,coordinates:array) fold
geo_line_densify(lineString:bag, tolerance:number?, preserve_crossing:numberorbool?) bag(type:string,coordinates:array) fold
geo_line_interpolate_point(lineString:bag, fraction:number) bag(type:string,coordinates:array) fold
geo_line_length(lineString:bag) real fold
geo_line_locate_point(lineString:bag, longitude:number, latitude:number, use_spheroid:numberorbool?) real fold
geo_line_simplify(lineString:bag, tolerance:number?) bag(type:string,coordinates:array) fold
geo_line_to_s2cells(lineString:bag, level:number?, radius:number?) array(string) fold
geo_point_buffer(longitude:number, latitude:number, radius:number, tolerance:number?) bag(type:string,coordinates:array) fold
geo_point_in_circle(p_longitude:number, p_latitude:number, pc_longitude:number, pc_latitude:number, c_radius:number) bool fold
geo_point_in_polygon(longitude:number, latitude:number, polygon:bag) bool fold
geo_point_to_geohash(longitude:number, latitude:number, accuracy:number?) string fold
geo_point_to_h3cell(longitude:number, latitude:number, resolution:number?) string fold
geo_point_to_s2cell(longitude:number, latitude:number, level:number?) string fold
geo_polygon_area(polygon:bag) real fold
geo_polygon_buffer(polygon:bag, radius:number, tolerance:number?) bag(type:string,coordinates:array) fold
geo_polygon_centroid(polygon:bag) bag(type:string,coordinates:array) fold
geo_polygon_densify(polygon:bag, tolerance:number?, preserve_crossing:numberorbool?) bag(type:string,coordinates:array) fold
geo_polygon_perimeter(polygon:bag) real fold
geo_polygon_simplify(polygon:bag, tolerance:number?) bag(type:string,coordinates:array) fold
geo_polygon_to_h3cells(polygon:bag, resolution:number?, radius:number?) array(string) fold
geo_polygon_to_s2cells(polygon:bag, level:number?, radius:number?) array(string) fold
geo_s2cell_neighbors(s2cell:string) array(string) fold
geo_s2cell_to_central_point(s2cell:string) bag(type:string,coordinates:array) fold
geo_s2cell_to_polygon(s2cell:string) bag(type:string,coordinates:array) fold
geo_simplify_polygons_array(polygons:array, tolerance:number?) bag(type:string,coordinates:array) fold
geo_union_lines_array(lineStrings:array) bag(type:string,coordinates:array) fold
geo_union_polygons_array(polygons:array) bag(type:string,coordinates:array) fold
getmonth(date:datetime) int fold
gettype(value:scalar) string name=type_arg0 fold
getyear(date:datetime) int fold
graph(name:string, snapshot:string?) =graph
graph(name:string, volatile:bool) =graph
gzip_compress_to_base64_string(string:string) string fold
gzip_decompress_from_base64_string(string:string) string fold
has_any_index(source:stringordynamic, values:array) long fold
has_any_ipv4(source:stringordynamic, ips:string+) bool
has_any_ipv4(source:stringordynamic, ips:array) bool
has_any_ipv4_prefix(source:stringordynamic, ip_prefixes:string+) bool
has_any_ipv4_prefix(source:stringordynamic, ip_prefixes:array) bool
has_ipv4(source:stringordynamic, ip:string) bool
has_ipv4_prefix(source:stringordynamic, ip_prefix:string) bool
hash(source:notdynamic, mod:integer?) long fold
hash_combine(source:scalar+2) long fold
hash_many(source:notdynamic+) long fold
hash_md5(source:notdynamic) string fold
hash_sha1(source:notdynamic) string fold
hash_sha256(source:notdynamic) string fold
hash_xxhash64(source:notdynamic, mod:integer?) long fold
hll_isvalid(hll:array, value:scalar) bool hidden
hll_merge(hll:array+2..16) array name=hll_merged_result
hourofday(date:datetime) int fold
iff(if:bool, then:common, else:common) =commonnd fold
iif(if:bool, then:common, else:common) =commonnd fold
indexof(string:scalar, match:scalar, start:integer?, length:integer?, occurrence:integer!const?) long fold
indexof_regex(string:scalar, match:scalar!const, start:integer?, length:integer?, occurrence:integer!const?) long fold
ingestion_time() datetime name=$IngestionTime
inner_nodes(edge:scalar) =custom graph
ipv4_compare(ip1:string, ip2:string, prefix:long?) long fold
ipv4_is_in_any_range(ip:stringordynamic, ranges:string+) bool
ipv4_is_in_any_range(ip:stringordynamic, ranges:array) bool
ipv4_is_in_range(ip:string, ip_range:string) bool fold
ipv4_is_match(ip1:string, ip2:string, prefix:long?) bool fold
ipv4_is_private(ip:string) bool fold
ipv4_netmask_suffix(ip:string) long fold
ipv4_range_to_cidr_list(start_ip:string, end_ip:string) array fold
ipv6_compare(ip1:string, ip2:string, prefix:long?) long fold
ipv6_is_in_any_range(ip:stringordynamic, ranges:string+) bool
ipv6_is_in_any_range(ip:stringordynamic, ranges:array) bool
ipv6_is_in_range(ip:string, ip_range:string) bool fold
ipv6_is_match(ip1:string, ip2:string, prefix:long?) bool fold
isascii(value:scalar) bool
iscolumnexists(column_name:string!const) bool hidden
isempty(value:scalar) bool
isfinite(number:real) bool fold
isinf(number:real) bool fold
isnan(number:real) bool fold
isnotempty(value:scalar) bool
isnotnull(expression:scalar) bool
isnull(expression:scalar) bool
isutf8(value:scalar) bool
jaccard_index(set:array+2..2) array(real) fold
labels(pattern_element:scalar?) array(string) graph
log(number:number) real name=arg0 fold
log10(number:number) real name=arg0 fold
log2(number:number) real name=arg0 fold
loggamma(number:number) real name=arg0 fold
make_datetime(year:number, month:number, day:number, hour:number?, minute:number?, second:number?) datetime name=only fold
make_datetime(value:scalar) datetime name=only fold
make_string(value:integerorarray+) string fold deprecated=unicode_codepoints_to_string hidden
make_timespan(days:integer, hours:integer, minutes:integer, seconds:number) timespan name=only fold
make_timespan(hours:integer, minutes:integer, seconds:number?) timespan name=only fold
make_timespan(value:scalar) timespan name=only fold
map(pattern_element:scalar, expression:scalar!elem0) =custom graph
materialized_view(name:string, max_age:timespan?) =materializedview
max_of(arg:commonorderable+2..64) =common fold
merge_tdigest(tdigest:array+2..16) array name=tdigests_merge_result
min_of(arg:commonorderable+2..64) =common fold
monthofyear(date:datetime) int fold
new_guid() guid
next(column:scalar!col, offset:long?, default_value:scalar!const?) =arg0 window
node_degree_in(node:scalar?) long graph
node_degree_out(node:scalar?) long graph
node_id(node:scalar?) string graph
not(expression:bool) bool
notempty(value:scalar) bool deprecated=isnotempty hidden
notnull(expression:scalar) bool deprecated=isnotnull hidden
now(offset:timespan?) datetime fold
pack(key:string+, value:scalar+) =custom block fold deprecated=bag_pack hidden
pack_all(ignore_null_empty:scalar!lit?) =custom fold
pack_array(value:scalar+) =custom fold
pack_array(value:scalar!star) =custom fold
pack_dictionary(key:string+, value:scalar+) =custom block fold deprecated=bag_pack hidden
parse_command_line(command:scalar, parser:string) array(string) fold
parse_csv(csv_text:stringordynamic) array name=arg0 fold
parse_ipv4(ip:string) long fold
parse_ipv4_mask(ip:string, prefix:long) long fold
parse_ipv6(ip:string) string fold
parse_ipv6_mask(ip:string, prefix:long) string fold
parse_json(json_text:stringordynamic) dynamic name=arg0 fold
parse_path(path:string) bag(Scheme:string,RootPath:string,DirectoryPath:string,DirectoryName:string,Filename:string,Extension:string,AlternateDataStreamName:string) fold
parse_url(url:string) bag(Scheme:string,Host:string,Port:string,Path:string,Username:string,Password:string,Query Parameters:dynamic,Fragment:string) fold
parse_urlquery(query:string) bag(Query Parameters:dynamic) fold
parse_user_agent(user_agent:string, look_for:stringorarray?) bag(Browser:bag(Family:string,MajorVersion:string,MinorVersion:string,Patch:string),OperatingSystem:bag(Family:string,MajorVersion:string,MinorVersion:string,Patch:string,PatchMinor:string),Device:bag(Family:string,Brand:string,Model:string)) fold
parse_version(version:string) decimal fold
parse_xml(xml_text:stringordynamic) bag name=arg0 fold
parsejson(json_text:stringordynamic) dynamic name=arg0 fold deprecated=parse_json hidden
parseurl(url:string) bag(Scheme:string,Host:string,Port:string,Path:string,Username:string,Password:string,Query Parameters:dynamic,Fragment:string) fold deprecated=parse_url hidden
parseurlquery(query:string) bag(Query Parameters:dynamic) fold deprecated=parse_urlquery hidden
percentile_tdigest(tdigest:array, percentile1:real) dynamic name=percentile_tdigest_arg0
percentile_tdigest(tdigest:array, percentile1:real, type:type!lit) =typeofN name=percentile_tdigest_arg0
percentiles_array_tdigest(tdigest:array, percentile:real+) array name=percentile_tdigest_arg0
percentiles_array_tdigest(tdigest:array, percentiles:array) array name=percentile_tdigest_arg0
percentrank_tdigest(digest:array, value:scalar) real
pi() real fold
pow(base:number, exponent:number) real name=arg0 fold
prev(column:scalar!col, offset:long?, default_value:scalar!const?) =arg0 window
punycode_domain_from_string(string:string) string fold
punycode_domain_to_string(string:string) string fold
punycode_from_string(string:string) string fold
punycode_to_string(string:string) string fold
radians(degrees:number) real fold
rand(number:integer?) real name=arg0 fold
range(start:summable, stop:summable, step:summable?) =array0 fold
rank_tdigest(digest:array, value:scalar) real
regex_quote(string:scalar) string fold
repeat(value:scalar, count:long) =array0 name=repeat_arg0 fold
replace(regex:string!const, rewrite:string!const, source:string) string fold deprecated=replace_regex,replace_string hidden
replace_regex(source:string, lookup_regex:string!const, rewrite_pattern:string!const) string fold
replace_string(text:string, lookup:string, rewrite:string) string fold
replace_strings(text:string, lookups:array, rewrites:array) string fold
reverse(value:scalar) string fold
round(number:number, precision:long!const?) =arg0 name=arg0 fold
row_cumsum(term:number, restart:bool?) =arg0 window
row_id() string
row_number(startingIndex:long?, restart:bool?) long window
row_rank(column:notdynamic, dense:bool!const?) long window deprecated=row_rank_dense hidden
row_rank_dense(term:notdynamic, restart:bool?) long window
row_rank_min(term:notdynamic, restart:bool?) long window
row_window_session(expr:datetime, maxDistanceFromFirst:timespan, maxDistanceBetweenNeighbors:timespan, restart:bool?) =arg0 window
rowstore_ordinal_range() dynamic hidden
series_abs(series:array) =arg0
series_acos(series:array) array(real)
series_add(series1:array, series2:array) array
series_add(series1:array, series2:number) array
series_add(series1:number, series2:array) array
series_asin(series:array) array(real)
series_atan(series:array) array(real)
series_ceiling(series:array) =arg0
series_cos(series:array) array(real)
series_cosine_similarity(series1:array, series2:array, series1_magnitude:real?, series2_magnitude:real?) real
series_decompose(series:array, period:integer?, trend:string?, test_points:integer?, seasonality_threshold:number?) =custom
series_decompose_anomalies(series:array, threshold:number?, period:integer?, trend:string?, test_points:integer?, method:string?, seasonality_threshold:number?) =custom
series_decompose_forecast(series:array, test_points:integer, period:integer?, trend:string?, seasonality_threshold:number?) =custom
series_divide(series1:array, series2:array) array(real)
series_divide(series1:array, series2:number) array(real)
series_divide(series1:number, series2:array) array(real)
series_dot_product(series1:array, series2:array) real
series_dot_product(series1:array, series2:number) real
series_dot_product(series1:number, series2:array) real
series_equals(series1:array, series2:array) array(bool)
series_equals(series1:array, series2:number) array(bool)
series_equals(series1:number, series2:array) array(bool)
series_exp(series:array) array(real)
series_fft(series:array, series_imaginary:array?) =custom
series_fill_backward(series:array, missing_value_placeholder:number?) =arg0 name=arg0
series_fill_const(series:array, constant_value:number?, missing_value_placeholder:number?) =arg0 name=arg0
series_fill_forward(series:array, missing_value_placeholder:number?) =arg0 name=arg0
series_fill_linear(series:array, missing_value_placeholder:number?, fill_edges:bool?, constant_value:number?) =arg0 name=arg0
series_fir(series:array, filter:array, normalize:bool?, center:bool?) array(real) name=arg0
series_fit_2lines(array:array) =custom
series_fit_2lines_dynamic(series:array) =custom
series_fit_line(series:array) =custom
series_fit_line_dynamic(series:array) =custom
series_fit_poly(y_series:array, x_series:array?, degree:integer?) =custom
series_floor(series:array) array
series_greater(series1:array, series2:array) array(bool)
series_greater(series1:array, series2:number) array(bool)
series_greater(series1:number, series2:array) array(bool)
series_greater_equals(series1:array, series2:array) array(bool)
series_greater_equals(series1:array, series2:number) array(bool)
series_greater_equals(series1:number, series2:array) array(bool)
series_ifft(series:array, series_imaginary:array?) =custom
series_iir(series:array, numerators:array, denominators:array) array(real) name=arg0
series_less(series1:array, series2:array) array(bool)
series_less(series1:array, series2:number) array(bool)
series_less(series1:number, series2:array) array(bool)
series_less_equals(series1:array, series2:array) array(bool)
series_less_equals(series1:array, series2:number) array(bool)
series_less_equals(series1:number, series2:array) array(bool)
series_log(series:array) array(real)
series_magnitude(series:array) real
series_multiply(series1:array, series2:array) array
series_multiply(series1:array, series2:number) array
series_multiply(series1:number, series2:array) array
series_not_equals(series1:array, series2:array) array(bool)
series_not_equals(series1:array, series2:number) array(bool)
series_not_equals(series1:number, series2:array) array(bool)
series_outliers(series:array, kind:string?, ignore_val:number?) =arg0 name=arg0
series_outliers(series:array, kind:string, ignore_val:real, min_percentile:real, max_percentile:real?, test_points:integer?) =arg0 name=arg0
series_pearson_correlation(series1:array, series2:array) real
series_periods_detect(series:array, min_period:number, max_period:number, num_periods:long) =custom
series_periods_validate(series:array, period:number+..16) =custom
series_pow(series1:array, series2:array) array(real)
series_pow(series1:array, series2:number) array(real)
series_pow(series1:number, series2:array) array(real)
series_product(series:array) real
series_seasonal(series:array) array(real)
series_seasonal(series:array, period:integer) array(real)
series_seasonal(series:array, period:integer, test_points:integer) array(real)
series_sign(series:array) array(long)
series_sin(series:array) array(real)
series_stats(series:array, ignore_nonfinite:bool!const?) =custom
series_stats_dynamic(series:array, ignore_nonfinite:bool!const?) =custom
series_subtract(series1:array, series2:array) array
series_subtract(series1:array, series2:number) array
series_subtract(series1:number, series2:array) array
series_sum(series:array) real
series_tan(series:array) array(real)
set_difference(set:array+2..64) =custom fold
set_equals(set1:array, set2:array) bool fold
set_has_element(set:array, value:scalar) bool fold
set_intersect(set:array+2..64) =custom fold
set_union(set:array+2..64) =custom fold
sign(number:number) real fold
sin(number:number) real name=arg0 fold
split(source:scalar, delimiter:string, requestedIndex:integer?) array(string) name=arg0 fold
sqrt(number:number) real name=arg0 fold
startofday(date:datetime, offset:long?) datetime name=arg0 fold
startofmonth(date:datetime, offset:long?) datetime fold
startofweek(date:datetime, offset:long?) datetime fold
startofyear(date:datetime, offset:long?) datetime fold
stored_query_result(name:string) =storedqueryresult
stored_query_result(name:string, index:long) =storedqueryresult
stored_query_result(name:string, table_name:string) =storedqueryresult
strcat(arg:scalar+..64) string fold
strcat_array(array:array, delimiter:scalar) string fold
strcat_delim(delimiter:scalar, arg:scalar+2..64) string fold
strcmp(s1:scalar, s2:scalar) long fold
string_size(string:stringordynamic) long name=string_size_arg0 fold
strlen(string:stringordynamic) long name=strlen_arg0 fold
strrep(value:scalar, multiplier:long, delimiter:scalar?) string fold
substring(string:scalar, start:integer, length:integer?) string fold
table(name:string, query_data_scope:string?) =table
tan(number:number) real name=arg0 fold
tdigest_isvalid(digest:array, value:scalar) bool hidden
tdigest_merge(tdigest:array+2..16) array name=tdigests_merge_result
to_utf8(value:scalar) array fold deprecated=unicode_codepoints_from_string hidden
tobool(value:scalar) bool name=arg0 fold
toboolean(value:scalar) bool name=arg0 fold
todatetime(value:scalar) datetime name=arg0 fold
todecimal(value:scalar) decimal name=arg0 fold
todouble(value:scalar) real name=arg0 fold
todynamic(value:string) dynamic name=arg0 fold
toguid(value:stringordynamic) guid name=arg0 fold
tohex(value:integer, minLength:integer?) string name=arg0 fold
toint(value:scalar) int name=arg0 fold
tolong(value:scalar) long name=arg0 fold
tolower(value:scalar) string fold
toobject(value:string) dynamic name=arg0 fold deprecated=todynamic hidden
toreal(value:scalar) real name=arg0 fold
tostring(value:scalar) string name=arg0 fold
totime(value:scalar) timespan name=arg0 fold deprecated=totimespan hidden
totimespan(value:scalar) timespan name=arg0 fold
toupper(value:scalar) string fold
translate(searchList:string, replacementList:string, source:string) string fold
treepath(object:bag) array(string) name=tree_arg0 fold
trim(regex:string!const, source:string) string fold
trim_end(regex:string!const, source:string) string fold
trim_start(regex:string!const, source:string) string fold
unicode_codepoints_from_string(value:scalar) array fold
unicode_codepoints_to_string(value:integerorarray+) string fold
unixtime_microseconds_todatetime(number:number) datetime fold
unixtime_milliseconds_todatetime(number:number) datetime fold
unixtime_nanoseconds_todatetime(number:number) datetime fold
unixtime_seconds_todatetime(number:number) datetime fold
url_decode(encoded_url:string) string fold
url_encode(url:string) string fold
url_encode_component(url:string) string fold
week_of_year(date:datetime) int fold
weekofyear(date:datetime) int fold deprecated=week_of_year hidden
welch_test(mean1:number, variance1:number, count1:number, mean2:number, variance2:number, count2:number) real
zip(array:array+2..64) array(array) fold
zlib_compress_to_base64_string(string:string) string fold
zlib_decompress_from_base64_string(string:string) string fold
`
