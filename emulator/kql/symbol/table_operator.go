package symbol

// operatorTable lists the operators as functions named as they are written, read as scalarTable is.
const operatorTable = `
!=(left:bool, right:scalar) bool
!=(left:notbool, right:scalar) bool
!between(value:number, start:number, end:number) bool
!between(value:summable, start:arg0, end:arg0) bool
!between(value:datetime, start:datetime, end:timespan) bool
!between(value:number, start:dynamic, end:arg1) bool
!between(value:dynamic, start:number, end:arg1) bool
!contains(left:stringordynamic, right:stringordynamic) bool
!contains(left:stringordynamic!star, right:stringordynamic) bool
!contains_cs(left:stringordynamic, right:stringordynamic) bool
!contains_cs(left:stringordynamic!star, right:stringordynamic) bool
!endswith(left:stringordynamic, right:stringordynamic) bool
!endswith(left:stringordynamic!star, right:stringordynamic) bool
!endswith_cs(left:stringordynamic, right:stringordynamic) bool
!endswith_cs(left:stringordynamic!star, right:stringordynamic) bool
!has(left:stringordynamic, right:string) bool
!has(left:stringordynamic!star, right:string) bool
!has_cs(left:stringordynamic, right:string) bool
!has_cs(left:stringordynamic!star, right:string) bool
!hasprefix(left:stringordynamic, right:string) bool
!hasprefix(left:stringordynamic!star, right:string) bool
!hasprefix_cs(left:stringordynamic, right:string) bool
!hasprefix_cs(left:stringordynamic!star, right:string) bool
!hassuffix(left:stringordynamic, right:string) bool
!hassuffix(left:stringordynamic!star, right:string) bool
!hassuffix_cs(left:stringordynamic, right:string) bool
!hassuffix_cs(left:stringordynamic!star, right:string) bool
!in(value:bool, table:tabular) bool
!in(value:notbool, table:tabular) bool
!in(value:bool, value:scalar+) bool
!in(value:notbool, value:scalar+) bool
!in~(value:string/dynamic, table:tabular) bool
!in~(value:string/dynamic, value:scalar+) bool
!startswith(left:stringordynamic, right:stringordynamic) bool
!startswith(left:stringordynamic!star, right:stringordynamic) bool
!startswith_cs(left:stringordynamic, right:stringordynamic) bool
!startswith_cs(left:stringordynamic!star, right:stringordynamic) bool
!~(left:stringordynamic, right:stringordynamic) bool
!~(left:stringordynamic!star, right:stringordynamic) bool
%(left:number, right:number) =widest
%(left:timespan, right:timespan) timespan
%(left:timespan, right:number) timespan
%(left:datetime, right:datetime) timespan
%(left:datetime, right:timespan) timespan
%(left:datetime, right:number) datetime
%(left:dynamic, right:dynamic) dynamic
%(left:dynamic, right:int) long
%(left:int, right:dynamic) long
%(left:dynamic, right:number) =arg1
%(left:number, right:dynamic) =arg0
*(left:number, right:number) =widest
*(left:timespan, right:timespan) timespan
*(left:timespan, right:number) timespan
*(left:number, right:timespan) timespan
*(left:datetime, right:number) datetime
*(left:number, right:datetime) datetime
*(left:dynamic, right:dynamic) dynamic
*(left:dynamic, right:int) long
*(left:int, right:dynamic) long
*(left:dynamic, right:number) =arg1
*(left:number, right:dynamic) =arg0
+(left:number, right:number) =widest
+(left:timespan, right:timespan) timespan
+(left:datetime/timespan, right:datetime/timespan) datetime
+(left:dynamic, right:dynamic) dynamic
+(left:dynamic, right:int) long
+(left:int, right:dynamic) long
+(left:dynamic, right:int/long/real/decimal/timespan/datetime) =arg1
+(left:int/long/real/decimal/timespan/datetime, right:dynamic) =arg0
-(left:number, right:number) =widest
-(left:timespan, right:timespan) timespan
-(left:datetime, right:datetime) timespan
-(left:datetime, right:dynamic) timespan
-(left:dynamic, right:datetime) timespan
-(left:datetime, right:timespan) datetime
-(left:timespan, right:datetime) datetime
-(left:dynamic, right:dynamic) dynamic
-(left:dynamic, right:int) long
-(left:int, right:dynamic) long
-(left:dynamic, right:int/long/real/decimal/timespan/datetime) =arg1
-(left:int/long/real/decimal/timespan/datetime, right:dynamic) =arg0
/(left:number, right:number) =widest
/(left:timespan, right:timespan) real
/(left:timespan, right:number) timespan
/(left:datetime, right:datetime) real
/(left:datetime, right:timespan) real
/(left:datetime, right:number) datetime
/(left:dynamic, right:dynamic) dynamic
/(left:dynamic, right:int) long
/(left:int, right:dynamic) long
/(left:dynamic, right:number) =arg1
/(left:number, right:dynamic) =arg0
:(left:stringordynamic, right:stringordynamic) bool
:(left:stringordynamic!star, right:stringordynamic) bool
<(left:bool, right:numberorbool) bool
<(left:number, right:numberorbool) bool
<(left:timespan, right:timespan) bool
<(left:datetime, right:datetime) bool
<(left:dynamic, right:dynamic) bool
<(left:dynamic, right:number) bool
<(left:number, right:dynamic) bool
<=(left:bool, right:numberorbool) bool
<=(left:number, right:numberorbool) bool
<=(left:timespan, right:timespan) bool
<=(left:datetime, right:datetime) bool
<=(left:dynamic, right:dynamic) bool
<=(left:dynamic, right:number) bool
<=(left:number, right:dynamic) bool
==(left:bool, right:scalar) bool
==(left:notbool, right:scalar) bool
==(left:notbool!star, right:scalar) bool
=~(left:stringordynamic, right:stringordynamic) bool
=~(left:stringordynamic!star, right:stringordynamic) bool
>(left:bool, right:numberorbool) bool
>(left:number, right:numberorbool) bool
>(left:timespan, right:timespan) bool
>(left:datetime, right:datetime) bool
>(left:dynamic, right:dynamic) bool
>(left:dynamic, right:number) bool
>(left:number, right:dynamic) bool
>=(left:bool, right:numberorbool) bool
>=(left:number, right:numberorbool) bool
>=(left:timespan, right:timespan) bool
>=(left:datetime, right:datetime) bool
>=(left:dynamic, right:dynamic) bool
>=(left:dynamic, right:number) bool
>=(left:number, right:dynamic) bool
and(left:bool, right:bool) bool
and(left:dynamic, right:bool) bool
and(left:bool, right:dynamic) bool
and(left:dynamic, right:dynamic) bool
between(value:number, start:number, end:number) bool
between(value:summable, start:arg0, end:arg0) bool
between(value:datetime, start:datetime, end:timespan) bool
between(value:number, start:dynamic, end:arg1) bool
between(value:dynamic, start:number, end:arg1) bool
contains(left:stringordynamic, right:stringordynamic) bool
contains(left:stringordynamic!star, right:stringordynamic) bool
contains_cs(left:stringordynamic, right:stringordynamic) bool
contains_cs(left:stringordynamic!star, right:stringordynamic) bool
endswith(left:stringordynamic, right:stringordynamic) bool
endswith(left:stringordynamic!star, right:stringordynamic) bool
endswith_cs(left:stringordynamic, right:stringordynamic) bool
endswith_cs(left:stringordynamic!star, right:stringordynamic) bool
has(left:stringordynamic, right:string) bool
has(left:stringordynamic!star, right:string) bool
has_all(value:string/dynamic, table:tabular) bool
has_all(value:string/dynamic, value:scalar+) bool
has_any(value:string/dynamic, table:tabular) bool
has_any(value:string/dynamic, value:scalar+) bool
has_cs(left:stringordynamic, right:string) bool
has_cs(left:stringordynamic!star, right:string) bool
hasprefix(left:stringordynamic, right:string) bool
hasprefix(left:stringordynamic!star, right:string) bool
hasprefix_cs(left:stringordynamic, right:string) bool
hasprefix_cs(left:stringordynamic!star, right:string) bool
hassuffix(left:stringordynamic, right:string) bool
hassuffix(left:stringordynamic!star, right:string) bool
hassuffix_cs(left:stringordynamic, right:string) bool
hassuffix_cs(left:stringordynamic!star, right:string) bool
in(value:bool, table:tabular) bool
in(value:notbool, table:tabular) bool
in(value:bool, value:scalar+) bool
in(value:notbool, value:scalar+) bool
in~(value:string/dynamic, table:tabular) bool
in~(value:string/dynamic, value:scalar+) bool
like(left:stringordynamic, right:stringordynamic) bool
like(left:stringordynamic!star, right:stringordynamic) bool
likecs(left:stringordynamic, right:stringordynamic) bool
likecs(left:stringordynamic!star, right:stringordynamic) bool
matches regex(left:stringordynamic, right:stringordynamic) bool
matches regex(left:stringordynamic!star, right:stringordynamic) bool
notlike(left:stringordynamic, right:stringordynamic) bool
notlike(left:stringordynamic!star, right:stringordynamic) bool
notlikecs(left:stringordynamic, right:stringordynamic) bool
notlikecs(left:stringordynamic!star, right:stringordynamic) bool
or(left:bool, right:bool) bool
or(left:dynamic, right:bool) bool
or(left:bool, right:dynamic) bool
or(left:dynamic, right:dynamic) bool
startswith(left:stringordynamic, right:stringordynamic) bool
startswith(left:stringordynamic!star, right:stringordynamic) bool
startswith_cs(left:stringordynamic, right:stringordynamic) bool
startswith_cs(left:stringordynamic!star, right:stringordynamic) bool
unary+(operand:summable) =unary
unary+(operand:dynamic) dynamic
unary-(operand:summable) =unary
unary-(operand:dynamic) dynamic
`
