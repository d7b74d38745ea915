package symbol

// aggregateTable lists the aggregate functions, read as scalarTable is.
const aggregateTable = `
any(expr:scalar) =arg0 name=any_arg0 deprecated=take_any hidden
any(expr:scalar+2) =custom name=any_arg0 deprecated=take_any hidden
any(expr:scalar!star) =custom name=any_arg0 deprecated=take_any hidden
anyif(expr:scalar, predicate:bool) =arg0 name=anyif_arg0 deprecated=take_anyif hidden
arg_max(maximized:orderable, returned:scalar!starok*) =custom
arg_min(minimized:orderable, returned:scalar!starok*) =custom
argmax(maximized:orderable, returned:scalar!starok*) =custom prefix=max deprecated=arg_max hidden
argmin(minimized:orderable, returned:scalar!starok*) =custom prefix=min deprecated=arg_min hidden
avg(expr:integer) real name=avg_arg0
avg(expr:real) real name=avg_arg0
avg(expr:decimal) decimal name=avg_arg0
avg(expr:timespan) timespan name=avg_arg0
avg(expr:datetime) datetime name=avg_arg0
avgif(expr:integer, predicate:bool) real name=avgif_arg0
avgif(expr:real, predicate:bool) real name=avgif_arg0
avgif(expr:decimal, predicate:bool) decimal name=avgif_arg0
avgif(expr:timespan, predicate:bool) timespan name=avgif_arg0
avgif(expr:datetime, predicate:bool) datetime name=avgif_arg0
binary_all_and(expr:summable) =arg0 name=arg0
binary_all_or(expr:summable) =arg0 name=arg0
binary_all_xor(expr:summable) =arg0 name=arg0
buildschema(expr:bag) bag name=schema_arg0
cnt() long name=cnt_arg0 deprecated=count hidden
count() long name=count_arg0
count(predicate:bool) long name=count_arg0 hidden
count(expr:scalar) long name=count_arg0 hidden
count_distinct(expr:notdynamic) long name=count_distinct_arg0
count_distinctif(expr:notdynamic, predicate:bool) long name=count_distinctif_arg0
countif(predicate:bool) long name=countif_arg0
covariance(expr:summable, expr:summable) real name=covariance_arg0
covarianceif(expr:summable, expr:summable, predicate:bool) real name=covarianceif_arg0
covariancep(expr:summable, expr:summable) real name=covariancep_arg0
covariancepif(expr:summable, expr:summable, predicate:bool) real name=covariancepif_arg0
dcount(expr:scalar, accuracy:notdynamic?) long name=dcount_arg0
dcountif(expr:scalar, predicate:bool, accuracy:notdynamic?) long name=dcountif_arg0
hll(expr:notrealorbool, accuracy:integer?) array name=hll_arg0
hll_if(expr:notrealorbool, predicate:bool, accuracy:integer?) array name=hll_if_arg0
hll_merge(hll:array) array name=hll_merge_arg0
make_bag(expr:bag, maxSize:integer?) bag name=bag_arg0
make_bag_if(expr:bag, predicate:bool, maxSize:integer?) bag name=bag_arg0
make_dictionary(expr:bag, maxSize:integer?) bag name=dictionary_arg0 hidden
make_list(expr:scalar, maxSize:integer?) =array0 name=list_arg0
make_list_if(expr:scalar, predicate:bool, maxSize:integer?) =array0 name=list_arg0
make_list_with_nulls(expr:scalar) =array0 name=list_arg0
make_set(expr:scalar, maxSize:integer?) =array0 name=set_arg0
make_set_if(expr:scalar, predicate:bool, maxSize:integer?) =array0 name=set_arg0
makelist(expr:scalar, maxSize:integer?) =array0 name=list_arg0 deprecated=make_list hidden
makeset(expr:scalar, maxSize:integer?) =array0 name=set_arg0 deprecated=make_set hidden
max(expr:orderable) =arg0 name=max_arg0
maxif(expr:orderable, predicate:bool) =arg0 name=maxif_arg0
merge_tdigest(tdigest:array) array name=merge_tdigests_arg0
min(expr:orderable) =arg0 name=min_arg0
minif(expr:orderable, predicate:bool) =arg0 name=minif_arg0
passthrough(expr:scalar) =arg0 name=arg0 hidden
percentile(expr:scalar, percentile:number) =custom
percentiles(expr:scalar, percentile:number+) =custom
percentiles_array(expr:scalar, percentile:number+) =custom
percentiles_array(expr:scalar, percentiles:array) =custom
percentilesw(expr:scalar, weight:integer, percentile:number+) =custom
percentilesw_array(expr:scalar, weight:integer, percentile:number+) =custom
percentilesw_array(expr:scalar, weight:integer, percentiles:array) =custom
percentilew(expr:scalar, weight:integer, percentile:number) =custom
stdev(expr:summable) real name=stdev_arg0
stdevif(expr:summable, predicate:bool) real name=stdevif_arg0
stdevp(expr:summable) real name=stdevp_arg0
sum(expr:summable) =arg0long name=sum_arg0
sumif(expr:summable, predicate:bool) =arg0long name=sumif_arg0
take_any(expr:scalar!starok+) =custom
take_anyif(expr:scalar, predicate:bool) =arg0 name=arg0
tdigest(expr:summable, weight:integer?) array name=tdigest_arg0
tdigest_merge(tdigest:array) array name=merge_tdigests_arg0
variance(expr:summable) real name=variance_arg0
varianceif(expr:summable, predicate:bool) real name=varianceif_arg0
variancep(expr:summable) real name=variancep_arg0
variancepif(expr:summable, predicate:bool) real name=variancepif_arg0
`
