//go:build unix

// Command compiler is our half of the comparison with Microsoft's language service that compare.mjs makes. With -list it
// prints the queries of the shipped rules and hunting queries as JSON lines; without, it reads queries, one JSON line each
// ({"query": "..."}), compiles each one -times times and answers with the milliseconds of one compilation (clock,
// processor) and the number of errors.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

type line struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	Query string `json:"query"`
}

func main() {
	list := flag.Bool("list", false, "print the shipped queries")
	times := flag.Int("times", 10, "compilations of each query")
	flag.Parse()
	if err := run(*list, *times); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(list bool, times int) error {
	if list {
		b, _ := content.Load(content.Embedded(), content.Options{})
		out := json.NewEncoder(os.Stdout)
		for _, r := range b.Rules {
			if err := out.Encode(line{r.File(), "la", withFunctions(b, r.Query.String())}); err != nil {
				return err
			}
		}
		for _, h := range b.Hunting {
			if err := out.Encode(line{h.File(), "la", withFunctions(b, h.Query.String())}); err != nil {
				return err
			}
		}
		return nil
	}
	names := catalog.New(tables.Sentinel)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var q line
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		begin, used, errors := time.Now(), processor(), 0
		for range times {
			c := kql.Compile(q.Query, kql.Options{Catalog: names, Profile: kql.Sentinel, HasKernel: exec.Supports})
			errors = 0
			for _, d := range c.Diagnostics {
				if d.Severity == source.Error {
					errors++
				}
			}
		}
		n := float64(times) * 1000
		fmt.Printf("%.4f %.4f %d\n", float64(time.Since(begin).Microseconds())/n, float64((processor()-used).Microseconds())/n, errors)
	}
	return in.Err()
}

// withFunctions puts the saved functions that a query names before it, as let statements, so that both compilers see them.
func withFunctions(b *content.Bundle, query string) string {
	for i := len(b.Functions) - 1; i >= 0; i-- {
		f := b.Functions[i]
		if !strings.Contains(query, f.Alias) {
			continue
		}
		params := make([]string, len(f.Parameters))
		for k, p := range f.Parameters {
			if params[k] = p.Name + ":" + p.Type; p.HasDefault {
				params[k] += "=" + p.Default
			}
		}
		query = fmt.Sprintf("let %s = (%s) {\n%s\n};\n%s", f.Alias, strings.Join(params, ", "), f.Query.String(), query)
	}
	return query
}

// processor is the processor time of this process.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
