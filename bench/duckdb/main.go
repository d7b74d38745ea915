//go:build unix

// Command duckdb is our half of the comparison with DuckDB that compare.mjs makes: it writes the rows, or holds them in
// memory and answers one query a line of standard input (workers, a tab, the query) with the milliseconds it took, those of
// processor time, and the number of rows. "load FILE" in a query's place reads a file into a workspace of its own, and says
// also how many bytes its rows keep.
//
//	go run ./bench/duckdb -rows 1000000 -write rows.jsonl
//	go run ./bench/duckdb -rows 1000000
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-caab1ad3/blindspot/bench/signins"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "rows")
	write := flag.String("write", "", "write the rows to this file as JSON lines, and end")
	profile := flag.String("cpuprofile", "", "write a processor profile of the queries to this file")
	flag.Parse()
	if err := run(*rows, *write, *profile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(rows int, write, profile string) error {
	if write != "" {
		f, err := os.Create(write)
		if err != nil {
			return err
		}
		if err := signins.WriteJSON(f, rows); err != nil {
			return err
		}
		return f.Close()
	}
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Memory: -1}) // each time from the start
	if err := signins.Rows(rows, ws.Ingest); err != nil {
		return err
	}
	debug.SetGCPercent(400)
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		head, text, _ := strings.Cut(in.Text(), "\t")
		if file, ok := strings.CutPrefix(text, "load "); ok {
			if err := load(head, file); err != nil {
				return err
			}
			continue
		}
		workers, err := strconv.Atoi(head)
		if err != nil {
			return err
		}
		runtime.GC()
		begin, used := time.Now(), processor()
		res, err := ws.Query(context.Background(), text, emulator.QueryOptions{Workers: workers})
		took := time.Since(begin)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		fmt.Printf("%.3f %.3f %d\n", ms(took), ms(processor()-used), res.Tables[0].Rows)
	}
	return in.Err()
}

// load reads a file into a workspace of its own: head is the workers and, after a comma each, the columns that are wanted.
func load(head, file string) error {
	parts := strings.Split(head, ",")
	workers, err := strconv.Atoi(parts[0])
	if err != nil {
		return err
	}
	o := emulator.LoadOptions{Table: signins.Table, Workers: workers}
	if len(parts) > 1 {
		o.Columns = map[string][]string{signins.Table: parts[1:]}
	}
	before := heap()
	begin, used := time.Now(), processor()
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel)})
	done, err := ws.LoadPaths([]string{file}, o)
	if err != nil {
		return err
	}
	took, used := time.Since(begin), processor()-used
	n := 0
	for _, l := range done {
		n += l.Rows
	}
	fmt.Printf("%.3f %.3f %d %d\n", ms(took), ms(used), n, heap()-before)
	runtime.KeepAlive(ws)
	return nil
}

// heap is the memory of what can be reached.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// processor is the processor time of this process.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
