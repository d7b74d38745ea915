package symbol

// pluginTable lists the plugins of evaluate, read as scalarTable is. A result of =custom is worked out by package bind.
const pluginTable = `
active_users_count(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, LookbackWindow:summable!const, Period:summable!const, ActivePeriods:summable!const, Step:summable!const, Dimension:notdynamic!col*) =custom
activity_counts_metrics(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, Step:summable!const, Dimension:notdynamic!col*) =custom
activity_engagement(IdColumn:notdynamic!col, TimelineColumn:summable!col, InnerActivityWindow:summable!const, OuterActivityWindow:summable!const) =custom
activity_engagement(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, InnerActivityWindow:summable!const, OuterActivityWindow:summable!const, Dimension:notdynamic!col*) =custom
activity_metrics(IdColumn:scalar!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, Step:summable!const, Dimension:notdynamic!col*) =custom
activity_metrics(IdColumn:scalar!col, TimelineColumn:summable!col, Start:summable!const?, End:summable!const?) =custom
ai_chat_completion(Prompt:array, ConnectionString:string, Options:bag?, IncludeErrorMessages:bool?) =custom
ai_chat_completion_prompt(Prompt:string, ConnectionString:string, Options:bag?, IncludeErrorMessages:bool?) =custom
ai_embed_text(Text:scalar, ConnectionString:string, Options:bag?, IncludeErrorMessages:bool?) =custom deprecated=ai_embeddings hidden
ai_embeddings(Text:scalar, ConnectionString:string, Options:bag?, IncludeErrorMessages:bool?) =custom
autocluster(SizeWeight:real?~, WeightColumn:scalar!col?~, NumSeeds:integer?~, CustomWildcard:scalar*) =custom
azure_digital_twins_query_request(endpoint:string, sql_query:string) =custom
bag_unpack(column:scalar!col, OutputColumnPrefix:string!litne?, columnsConflict:string!lit?{error|replace_source|keep_source}, ignoredProperties:array!const?) =custom
basket(Threshold:real?~, WeightColumn:scalar!col?~, MaxDimensions:integer?~, CustomWildcard:scalar*) =custom
cosmosdb_sql_request(connection_string:string, sql_query:string, sql_parameters:bag?, options:bag?) =custom
csharp(OutputSchema:type, Script:string, Arguments:bag?) =custom
dax_request(connection_string:string, dax_query:string, dax_parameters:bag?, options:bag?) =custom hidden
dcount_intersect(hll:array+2) =custom
diffpatterns(SplitColumn:scalar!col, SplitValueA:string, SplitValueB:string, WeightColumn:scalar!col?~, Threshold:real?~, MaxDimensions:integer?~, CustomWildcard:scalar*) =custom
estimate_rows_count() =custom
execute_query(connection_string:string, query:string) =custom
execute_show_command(connection_string:string, command:string) =custom
external_datatable() =custom
funnel_sequence(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, MaxWindowSizeBetweenSteps:summable!const, Step:summable!const, StateColumn:notdynamic!col, Sequence:array!const) =custom
funnel_sequence_completion(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, BinSize:summable!const, StateColumn:notdynamic!col, Sequence:array!const, MaxSequencePeriods:array!const) =custom
geo_line_lookup(LookupTable:tabular, LookupLineKey:bag!col0, SourceLongitude:scalar!col, SourceLatitude:scalar!col, radius:real!lit, return_unmatched:bool!lit?, lookup_area_radius:real!lit?, return_lookup_key:bool!lit?) =custom
geo_polygon_lookup(LookupTable:tabular, LookupPolygonKey:bag!col0, SourceLongitude:scalar!col, SourceLatitude:scalar!col, radius:real!lit?, return_unmatched:bool!lit?, lookup_area_radius:real!lit?, return_lookup_key:bool!lit?) =custom
http_request(Uri:string!const, RequestHeaders:bag?, Options:bag?) table(ResponseHeaders:bag,ResponseBody:dynamic)
http_request_post(Uri:string!const, RequestHeaders:bag?, Options:bag?, Content:string!const?) table(ResponseHeaders:bag,ResponseBody:dynamic)
identity() =custom
identity_v3(mode:string!const, exceptionText:string!const) =custom
infer_storage_schema(Options:bag) table(CslSchema:string)
infer_storage_schema_with_suggestions(Options:bag) table(SuggestedTableSchema:string)
ipv4_lookup(LookupTable:tabular, SourceIPv4Key:scalar!col, IPv4LookupKey:scalar!col0, ExtraKey:scalar!col0common*, return_unmatched:bool!lit?) =custom
ipv6_lookup(LookupTable:tabular, SourceIPv6Key:scalar!col, IPv6LookupKey:scalar!col0, return_unmatched:bool!lit?) =custom
mysql_request(connection_string:string, sql_query:string, sql_parameters:bag?, options:bag?) =custom
narrow() table(Row:long,Column:string,Value:string)
new_activity_metrics(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, Window:scalar, Cohort:scalar!const?, Dimension:notdynamic!col*, lookback:tabular?) =custom
pivot(pivotColumn:notdynamic!col, aggregateFunction:scalar!agg?, columnName:scalar!col*) =custom
postgresql_request(connection_string:string, sql_query:string, sql_parameters:bag?, options:bag?) =custom hidden
preview(NumberOfRows:integer) =custom
python(OutputSchema:type, Script:string, Arguments:bag?, Artifacts:bag?) =custom
r(OutputSchema:type, Script:string, Arguments:bag?) =custom
rolling_percentile(ValueColumn:summable!col, Percentile:number!const, IndexColumn:summable!col, BinSize:summable, BinsPerWindow:integer!const, Dimension:notdynamic!col*) =custom
rows_near(Condition:bool, NumRows:integer!const, NumRowsAfter:integer!const?) =custom
schema_merge(PreserveOrder:bool!lit?) table(ColumnName:string,ColumnOrdinal:long,DataType:string,ColumnType:string)
sequence_detect(TimelineColumn:summable!col, MaxSeqeunceStepWindow:summable!const, MaxSequenceSpan:summable!const, Expr:bool+, Dimension:notdynamic!col*) =custom
session_count(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, Bin:summable!const, LookBackWindow:summable!const, Dimension:notdynamic!col*) =custom
sliding_window_counts(IdColumn:notdynamic!col, TimelineColumn:summable!col, Start:summable!const, End:summable!const, LookBackWindow:summable!const, Step:summable!const, Dimension:notdynamic!col*) =custom
sql_request(connection_string:string, sql_query:string, sql_parameters:bag?, options:bag?) =custom
`
