#!/bin/sh
# Checks docs/models/bell.pml with Spin: the model holds, and each broken variant of it does not.
set -eu
cd "$(dirname "$0")/.."
scripts/bootstrap.sh --with-spin

model=$PWD/docs/models/bell.pml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Prints how many errors Spin finds in the whole space of states.
errors() { # OPTION
    spin -a ${1:+"$1"} "$model" >spin.log || { cat spin.log >&2; exit 1; }
    cc -O1 -w -DSAFETY -o pan pan.c || exit 1
    ./pan -m100000 >pan.log
    if grep -q 'max search depth too small\|out of memory' pan.log; then
        cat pan.log >&2
        exit 1
    fi
    sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log
}

found=$(errors '')
states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
[ "$found" = 0 ] || { cat pan.log >&2; echo "model-check: bell.pml loses a commit" >&2; exit 1; }
for variant in FLAG_FIRST NO_WAIT LOOK_FIRST KEEP_FLAG; do
    [ "$(errors "-D$variant")" = 1 ] || { echo "model-check: the variant $variant should lose a commit" >&2; exit 1; }
done
echo "model-check: bell.pml holds in $states states; each of its 4 broken variants loses a commit"
