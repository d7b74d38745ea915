package syntax

// The keywords that the parser asks for by name. The other keywords of the language, most of them of management commands,
// are kwReserved, or kwName where Kusto takes them for names everywhere, or kwExtended where only declarations may use them.
const (
	kwAccess                      Kind = iota + firstKeyword // access
	kwAlias                                                  // alias
	kwAnd                                                    // and
	kwAs                                                     // as
	kwAsc                                                    // asc
	kwDesc                                                   // desc
	kwAssertSchema                                           // assert-schema
	kwBetween                                                // between
	kwBin                                                    // bin
	kwBy                                                     // by
	kwConsume                                                // consume
	kwContains                                               // contains
	kwContainscsLegacy                                       // containscs
	kwContainsCs                                             // contains_cs
	kwInternalContextualDatatable                            // __contextual_datatable
	kwCount                                                  // count
	kwDatabase                                               // database
	kwDatascope                                              // datascope
	kwDatatable                                              // datatable
	kwDeclare                                                // declare
	kwDefault                                                // default
	kwDistinct                                               // distinct
	kwEdges                                                  // edges
	kwEndswith                                               // endswith
	kwEndswithCs                                             // endswith_cs
	kwEntityGroup                                            // entity_group
	kwEvaluate                                               // evaluate
	kwInternalExecuteAndCache                                // __executeAndCache
	kwExtend                                                 // extend
	kwExternaldata                                           // externaldata
	kwExternalData2                                          // external_data
	kwFacet                                                  // facet
	kwFilter                                                 // filter
	kwFind                                                   // find
	kwFirst                                                  // first
	kwFork                                                   // fork
	kwFrom                                                   // from
	kwGetschema                                              // getschema
	kwGrannyAsc                                              // granny-asc
	kwGrannyDesc                                             // granny-desc
	kwGraphMatch                                             // graph-match
	kwGraphShortestPaths                                     // graph-shortest-paths
	kwGraphToTable                                           // graph-to-table
	kwGraphMarkComponents                                    // graph-mark-components
	kwGraphWhereNodes                                        // graph-where-nodes
	kwGraphWhereEdges                                        // graph-where-edges
	kwHasAny                                                 // has_any
	kwHasAll                                                 // has_all
	kwHas                                                    // has
	kwHasCs                                                  // has_cs
	kwHasprefix                                              // hasprefix
	kwHasprefixCs                                            // hasprefix_cs
	kwHassuffix                                              // hassuffix
	kwHassuffixCs                                            // hassuffix_cs
	kwId                                                     // id
	kwIn                                                     // in
	kwInCI                                                   // in~
	kwInvoke                                                 // invoke
	kwJoin                                                   // join
	kwKind                                                   // kind
	kwLast                                                   // last
	kwLet                                                    // let
	kwLike                                                   // like
	kwLikecs                                                 // likecs
	kwLimit                                                  // limit
	kwLookup                                                 // lookup
	kwMacroExpand                                            // macro-expand
	kwMakeGraph                                              // make-graph
	kwMakeSeries                                             // make-series
	kwMaterialize                                            // materialize
	kwMaterializedViewCombine                                // materialized-view-combine
	kwMatchesRegex                                           // matches regex
	kwMvApply                                                // mv-apply
	kwMvapply                                                // mvapply
	kwMvExpand                                               // mv-expand
	kwMvexpand                                               // mvexpand
	kwNodes                                                  // nodes
	kwNotBetween                                             // !between
	kwNotcontains                                            // notcontains
	kwNotcontainscs                                          // notcontainscs
	kwNotContains                                            // !contains
	kwNotContainsCs                                          // !contains_cs
	kwNotEndswith                                            // !endswith
	kwNotEndswithCs                                          // !endswith_cs
	kwNotHas                                                 // !has
	kwNotHasCs                                               // !has_cs
	kwNotHasprefix                                           // !hasprefix
	kwNotHasprefixCs                                         // !hasprefix_cs
	kwNotHassuffix                                           // !hassuffix
	kwNotHassuffixCs                                         // !hassuffix_cs
	kwNotIn                                                  // !in
	kwNotInCI                                                // !in~
	kwNotlike                                                // notlike
	kwNotlikecs                                              // notlikecs
	kwNotStartswith                                          // !startswith
	kwNotStartswithCs                                        // !startswith_cs
	kwNull                                                   // null
	kwNulls                                                  // nulls
	kwOf                                                     // of
	kwOn                                                     // on
	kwOptional                                               // optional
	kwOr                                                     // or
	kwOrder                                                  // order
	kwOthers                                                 // others
	kwOutput                                                 // output
	kwPack                                                   // pack
	kwParse                                                  // parse
	kwParseWhere                                             // parse-where
	kwParseKv                                                // parse-kv
	kwPartitionedBy                                          // partitioned-by
	kwInternalPartitionby                                    // __partitionby
	kwPartition                                              // partition
	kwPattern                                                // pattern
	kwPrint                                                  // print
	kwProject                                                // project
	kwProjectAway                                            // project-away
	kwInternalProjectAway                                    // __projectAway
	kwProjectByNames                                         // project-by-names
	kwProjectKeep                                            // project-keep
	kwProjectRename                                          // project-rename
	kwProjectReorder                                         // project-reorder
	kwProjectSmart                                           // project-smart
	kwQueryParameters                                        // query_parameters
	kwRange                                                  // range
	kwReduce                                                 // reduce
	kwRender                                                 // render
	kwRestrict                                               // restrict
	kwSample                                                 // sample
	kwSampleDistinct                                         // sample-distinct
	kwScan                                                   // scan
	kwSearch                                                 // search
	kwSerialize                                              // serialize
	kwSet                                                    // set
	kwSort                                                   // sort
	kwStartswith                                             // startswith
	kwStartswithCs                                           // startswith_cs
	kwStep                                                   // step
	kwSummarize                                              // summarize
	kwTake                                                   // take
	kwTo                                                     // to
	kwTop                                                    // top
	kwTopHitters                                             // top-hitters
	kwTopNested                                              // top-nested
	kwToscalar                                               // toscalar
	kwTotable                                                // totable
	kwTypeof                                                 // typeof
	kwUnion                                                  // union
	kwView                                                   // view
	kwWhere                                                  // where
	kwWith                                                   // with
	kwWithNodeId                                             // with_node_id
	kwWithSource2                                            // with_source
	kwWithsource                                             // withsource
	kwDynamic                                                // dynamic
	kwBool                                                   // bool
	kwBoolean                                                // boolean
	kwByte                                                   // byte
	kwChar                                                   // char
	kwDate                                                   // date
	kwDatetime                                               // datetime
	kwDouble                                                 // double
	kwFloat                                                  // float
	kwGuid                                                   // guid
	kwInt                                                    // int
	kwInt16                                                  // int16
	kwInt32                                                  // int32
	kwInt64                                                  // int64
	kwInt8                                                   // int8
	kwLong                                                   // long
	kwReal                                                   // real
	kwDecimal                                                // decimal
	kwString                                                 // string
	kwTime                                                   // time
	kwTimespan                                               // timespan
	kwUint                                                   // uint
	kwUint16                                                 // uint16
	kwUint32                                                 // uint32
	kwUint64                                                 // uint64
	kwUint8                                                  // uint8
	kwUlong                                                  // ulong
	kwUniqueid                                               // uniqueid
	kwUuid                                                   // uuid
	kwName
	kwExtended
	kwReserved
	afterKeywords
)

// keywordOf returns the kind of a word, kindIdentifier when it is no keyword. Keywords are compared with regard to case.
//
// Source: the keyword table of Kusto.Language.
func keywordOf(word string) Kind {
	switch word {
	case "access":
		return kwAccess
	case "alias":
		return kwAlias
	case "and":
		return kwAnd
	case "as":
		return kwAs
	case "asc":
		return kwAsc
	case "desc":
		return kwDesc
	case "assert-schema":
		return kwAssertSchema
	case "between":
		return kwBetween
	case "bin":
		return kwBin
	case "by":
		return kwBy
	case "consume":
		return kwConsume
	case "contains":
		return kwContains
	case "containscs":
		return kwContainscsLegacy
	case "contains_cs":
		return kwContainsCs
	case "__contextual_datatable":
		return kwInternalContextualDatatable
	case "count":
		return kwCount
	case "database":
		return kwDatabase
	case "datascope":
		return kwDatascope
	case "datatable":
		return kwDatatable
	case "declare":
		return kwDeclare
	case "default":
		return kwDefault
	case "distinct":
		return kwDistinct
	case "edges":
		return kwEdges
	case "endswith":
		return kwEndswith
	case "endswith_cs":
		return kwEndswithCs
	case "entity_group":
		return kwEntityGroup
	case "evaluate":
		return kwEvaluate
	case "__executeAndCache":
		return kwInternalExecuteAndCache
	case "extend":
		return kwExtend
	case "externaldata":
		return kwExternaldata
	case "external_data":
		return kwExternalData2
	case "facet":
		return kwFacet
	case "filter":
		return kwFilter
	case "find":
		return kwFind
	case "first":
		return kwFirst
	case "fork":
		return kwFork
	case "from":
		return kwFrom
	case "getschema":
		return kwGetschema
	case "granny-asc":
		return kwGrannyAsc
	case "granny-desc":
		return kwGrannyDesc
	case "graph-match":
		return kwGraphMatch
	case "graph-shortest-paths":
		return kwGraphShortestPaths
	case "graph-to-table":
		return kwGraphToTable
	case "graph-mark-components":
		return kwGraphMarkComponents
	case "graph-where-nodes":
		return kwGraphWhereNodes
	case "graph-where-edges":
		return kwGraphWhereEdges
	case "has_any":
		return kwHasAny
	case "has_all":
		return kwHasAll
	case "has":
		return kwHas
	case "has_cs":
		return kwHasCs
	case "hasprefix":
		return kwHasprefix
	case "hasprefix_cs":
		return kwHasprefixCs
	case "hassuffix":
		return kwHassuffix
	case "hassuffix_cs":
		return kwHassuffixCs
	case "id":
		return kwId
	case "in":
		return kwIn
	case "in~":
		return kwInCI
	case "invoke":
		return kwInvoke
	case "join":
		return kwJoin
	case "kind":
		return kwKind
	case "last":
		return kwLast
	case "let":
		return kwLet
	case "like":
		return kwLike
	case "likecs":
		return kwLikecs
	case "limit":
		return kwLimit
	case "lookup":
		return kwLookup
	case "macro-expand":
		return kwMacroExpand
	case "make-graph":
		return kwMakeGraph
	case "make-series":
		return kwMakeSeries
	case "materialize":
		return kwMaterialize
	case "materialized-view-combine":
		return kwMaterializedViewCombine
	case "matches regex":
		return kwMatchesRegex
	case "mv-apply":
		return kwMvApply
	case "mvapply":
		return kwMvapply
	case "mv-expand":
		return kwMvExpand
	case "mvexpand":
		return kwMvexpand
	case "nodes":
		return kwNodes
	case "!between":
		return kwNotBetween
	case "notcontains":
		return kwNotcontains
	case "notcontainscs":
		return kwNotcontainscs
	case "!contains":
		return kwNotContains
	case "!contains_cs":
		return kwNotContainsCs
	case "!endswith":
		return kwNotEndswith
	case "!endswith_cs":
		return kwNotEndswithCs
	case "!has":
		return kwNotHas
	case "!has_cs":
		return kwNotHasCs
	case "!hasprefix":
		return kwNotHasprefix
	case "!hasprefix_cs":
		return kwNotHasprefixCs
	case "!hassuffix":
		return kwNotHassuffix
	case "!hassuffix_cs":
		return kwNotHassuffixCs
	case "!in":
		return kwNotIn
	case "!in~":
		return kwNotInCI
	case "notlike":
		return kwNotlike
	case "notlikecs":
		return kwNotlikecs
	case "!startswith":
		return kwNotStartswith
	case "!startswith_cs":
		return kwNotStartswithCs
	case "null":
		return kwNull
	case "nulls":
		return kwNulls
	case "of":
		return kwOf
	case "on":
		return kwOn
	case "optional":
		return kwOptional
	case "or":
		return kwOr
	case "order":
		return kwOrder
	case "others":
		return kwOthers
	case "output":
		return kwOutput
	case "pack":
		return kwPack
	case "parse":
		return kwParse
	case "parse-where":
		return kwParseWhere
	case "parse-kv":
		return kwParseKv
	case "partitioned-by":
		return kwPartitionedBy
	case "__partitionby":
		return kwInternalPartitionby
	case "partition":
		return kwPartition
	case "pattern":
		return kwPattern
	case "print":
		return kwPrint
	case "project":
		return kwProject
	case "project-away":
		return kwProjectAway
	case "__projectAway":
		return kwInternalProjectAway
	case "project-by-names":
		return kwProjectByNames
	case "project-keep":
		return kwProjectKeep
	case "project-rename":
		return kwProjectRename
	case "project-reorder":
		return kwProjectReorder
	case "project-smart":
		return kwProjectSmart
	case "query_parameters":
		return kwQueryParameters
	case "range":
		return kwRange
	case "reduce":
		return kwReduce
	case "render":
		return kwRender
	case "restrict":
		return kwRestrict
	case "sample":
		return kwSample
	case "sample-distinct":
		return kwSampleDistinct
	case "scan":
		return kwScan
	case "search":
		return kwSearch
	case "serialize":
		return kwSerialize
	case "set":
		return kwSet
	case "sort":
		return kwSort
	case "startswith":
		return kwStartswith
	case "startswith_cs":
		return kwStartswithCs
	case "step":
		return kwStep
	case "summarize":
		return kwSummarize
	case "take":
		return kwTake
	case "to":
		return kwTo
	case "top":
		return kwTop
	case "top-hitters":
		return kwTopHitters
	case "top-nested":
		return kwTopNested
	case "toscalar":
		return kwToscalar
	case "totable":
		return kwTotable
	case "typeof":
		return kwTypeof
	case "union":
		return kwUnion
	case "view":
		return kwView
	case "where":
		return kwWhere
	case "with":
		return kwWith
	case "with_node_id":
		return kwWithNodeId
	case "with_source":
		return kwWithSource2
	case "withsource":
		return kwWithsource
	case "dynamic":
		return kwDynamic
	case "bool":
		return kwBool
	case "boolean":
		return kwBoolean
	case "byte":
		return kwByte
	case "char":
		return kwChar
	case "date":
		return kwDate
	case "datetime":
		return kwDatetime
	case "double":
		return kwDouble
	case "float":
		return kwFloat
	case "guid":
		return kwGuid
	case "int":
		return kwInt
	case "int16":
		return kwInt16
	case "int32":
		return kwInt32
	case "int64":
		return kwInt64
	case "int8":
		return kwInt8
	case "long":
		return kwLong
	case "real":
		return kwReal
	case "decimal":
		return kwDecimal
	case "string":
		return kwString
	case "time":
		return kwTime
	case "timespan":
		return kwTimespan
	case "uint":
		return kwUint
	case "uint16":
		return kwUint16
	case "uint32":
		return kwUint32
	case "uint64":
		return kwUint64
	case "uint8":
		return kwUint8
	case "ulong":
		return kwUlong
	case "uniqueid":
		return kwUniqueid
	case "uuid":
		return kwUuid
	case "best_effort", "dataformat", "datetime_pattern", "graph", "inline_external_table", "plotly", "regex":
		return kwName
	case "accumulate", "earliest", "latest", "mdm", "sql", "title", "verbose", "viewers":
		return kwExtended
	case "3Dchart", "__crossCluster", "__crossDB", "__id", "__isFuzzy", "__noWithSource", "__packedColumn",
		"__sourceColumnIndex", "anomalychart", "areachart", "bagexpansion", "barchart", "cachingpolicy", "callout",
		"cancel", "card", "columnchart", "commands-and-queries", "cycles", "dataexport", "decodeblocks",
		"encodingpolicy", "expandoutput", "extent_tags_retention", "flags", "force_remote", "harddelete",
		"hardretention", "hint.concurrency", "hint.distribution", "hint.materialized", "hint.progressive_top",
		"hint.remote", "hint.shufflekey", "hint.spread", "hint.strategy", "hotcache", "isfuzzy", "journal",
		"ladderchart", "linechart", "materialized-views", "missing", "nooptimization", "pathformat", "piechart",
		"pivotchart", "queries", "query_results", "relaxed", "restricted_view_access", "row_level_security",
		"rowstore", "rowstore_references", "rowstore_sealinfo", "rowstorepolicy", "rowstores", "scatterchart", "seal",
		"seals", "set-or-append", "set-or-replace", "shards", "simple", "softdelete", "softretention",
		"stackedareachart", "statistics", "storedqueryresultcontainers", "tablepurge", "timechart", "timeline",
		"timepivot", "treemap", "unrestrictedviewers", "views", "with_itemindex", "with_match_id", "with_step_name",
		"writeaheadlog":
		return kwReserved
	}
	return kindIdentifier
}

// isName reports whether the token may stand as a name anywhere.
func (k Kind) isName() bool {
	switch k {
	case kindIdentifier,
		kwAccess, kwAlias, kwBin, kwConsume, kwCount, kwDatabase, kwDeclare, kwDefault, kwDistinct, kwEdges, kwEntityGroup, kwEvaluate, kwExtend, kwFacet, kwFilter, kwFork, kwFrom, kwGetschema, kwId, kwJoin, kwLet, kwLimit, kwLookup, kwMvapply, kwMvexpand, kwNodes, kwNull, kwNulls, kwOn, kwOptional, kwOrder, kwOutput, kwPack, kwParse, kwInternalPartitionby, kwPartition, kwPattern, kwQueryParameters, kwRange, kwReduce, kwRender, kwRestrict, kwScan, kwSerialize, kwSort, kwStep, kwSummarize, kwTake, kwTop, kwTypeof, kwView, kwWith, kwWithNodeId, kwBool, kwGuid, kwUuid, kwName:
		return true
	}
	return false
}

// isExtended reports whether the token, a keyword, may stand as a name where a name is declared, such as before = in extend.
func (k Kind) isExtended() bool {
	switch k {
	case kwAs, kwBy, kwConsume, kwContains, kwCount, kwDatatable, kwDistinct, kwExtend, kwExternaldata, kwFilter, kwFind, kwHas, kwIn, kwInvoke, kwLimit, kwMaterialize, kwOf, kwParse, kwPrint, kwSample, kwSampleDistinct, kwScan, kwSearch, kwSerialize, kwSet, kwSort, kwSummarize, kwTake, kwTo, kwTop, kwTopHitters, kwTopNested, kwToscalar, kwTotable, kwWhere, kwExtended:
		return true
	}
	return false
}

// isType reports whether the token is the name of a scalar type.
func (k Kind) isType() bool {
	switch k {
	case kwBool, kwBoolean, kwByte, kwChar, kwDate, kwDatetime, kwDouble, kwDynamic, kwFloat, kwGuid, kwInt, kwInt16, kwInt32, kwInt64, kwInt8, kwLong, kwReal, kwDecimal, kwString, kwTime, kwTimespan, kwUint, kwUint16, kwUint32, kwUint64, kwUint8, kwUlong, kwUniqueid, kwUuid:
		return true
	}
	return false
}
