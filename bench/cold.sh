#!/usr/bin/env bash
# Whole-process times of the built binary: median of five runs each.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-./blindspot}
median() {
  local name=$1; shift
  for _ in 1 2 3 4 5; do
    local a b
    a=$(date +%s%N); "$@" >/dev/null 2>&1 || true; b=$(date +%s%N)
    echo $(((b - a) / 1000))
  done | sort -n | sed -n 3p | awk -v n="$name" '{printf "%-44s %8.1f ms\n", n, $1/1000}'
}
median "version" "$bin" version
median "validate one rule" "$bin" validate content/rules/cross-stream/spray-across-streams.yaml
median "validate the pack" "$bin" validate content
median "test one rule" "$bin" test content/rules/cross-stream/spray-across-streams.yaml
median "test the pack" "$bin" test content
median "query print x=1" "$bin" query 'print x=1'
