#!/bin/sh
# Judges the working tree's rate table before it is committed. Arguments are those of `tieout gate rates`.
# Nobody can have approved what isn't committed: approvals that are missing (RG-20) stop no commit, all else
# does, and what can't be judged too.
set -u
told=$(mktemp) || exit 2
trap 'rm -f "$told"' EXIT
code=0
tieout gate rates --base "${TIEOUT_BASE:-origin/main}" --head WORKTREE \
    --as-of "${TIEOUT_AS_OF:-$(date -u +%F)}" -o text -o "github=$told" "$@" || code=$?
if [ "$code" -eq 1 ] || [ "$code" -eq 3 ]; then
    # A run that got as far as a verdict has told of all that stands against it.
    if grep -q '^::error ' "$told" && ! grep '^::error ' "$told" | grep -qv 'title=RG-20[ %]'; then
        echo "approvals are asked for in the pull request" >&2
        code=0
    fi
fi
exit "$code"
