# shellcheck shell=bash
# Sourced by the scripts below: where everything is. Settings come from the environment:
#
#   DATA      folder of the datasets (./data)
#   OUTPUT    folder of the results (output)
#   SHOTS     training pictures per class (16; several with blanks between for few-shot; all of
#             them for fine-tuning)
#   ALPHAS    WiSE-FT's mixing coefficients, with blanks between (0 .1 .2 and so on to 1)
#   NPROC     processes that share a training or a test that learns, one for each GPU (1)
#   JOBS      runs of a sweep at a time (1), JOBS_PER_GPU of them on each GPU (1)
#   CFG       config of the trainer (see docs/protocols.md)
#   SOURCE    what a transfer, and a model tested in test_time, is trained on (imagenet)
#   REHEARSE  1: stand-in pictures and the embedded CLIP; results go to OUTPUT/rehearsal
#   REHEARSE_ROOT  folder of the stand-in pictures (OUTPUT/rehearsal/data)
#   PYTHON    .venv/bin/python if there is one, else python
#
# Relative folders count from where you are; the defaults from the repository.

set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
    echo "error: $*" >&2
    exit 2
}

# A path of the caller, seen from the repository.
from_caller() {
    local path=${1/#\~\//$HOME/}
    if [[ $path == /* || $CALLER == "$PWD" ]]; then echo "$path"; else echo "$CALLER/$path"; fi
}

find_python() {
    if [[ ${PYTHON:-} == */* ]]; then
        from_caller "$PYTHON"
    elif [[ -n ${PYTHON:-} ]]; then
        echo "$PYTHON"
    elif [[ -x .venv/bin/python ]]; then
        echo .venv/bin/python
    else
        command -v python || command -v python3 || die "no python found; set PYTHON"
    fi
}

PYTHON=$(find_python)
"$PYTHON" rada/environment.py || exit 2
if [[ -n ${DATA:-} ]]; then DATA=$(from_caller "$DATA"); else DATA=./data; fi
if [[ -n ${OUTPUT:-} ]]; then OUTPUT=$(from_caller "$OUTPUT"); else OUTPUT=output; fi
OUTPUT=${OUTPUT%/}
if [[ -n ${REHEARSE_ROOT:-} ]]; then
    REHEARSE_ROOT=$(from_caller "$REHEARSE_ROOT")
    export REHEARSE_ROOT
fi
if [[ -n ${RADA_TRAINERS:-} ]]; then
    folders=()
    IFS=: read -ra given <<<"$RADA_TRAINERS"
    for folder in "${given[@]}"; do folders+=("$(from_caller "$folder")"); done
    RADA_TRAINERS=$(IFS=: && echo "${folders[*]}")
    export RADA_TRAINERS
fi
export PYTHON DATA OUTPUT
