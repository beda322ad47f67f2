# shellcheck shell=bash disable=SC2034
# Sourced by the scripts below: settings, arguments, and one run of train.py.
#
#   DATASET SEED [TRAINER] [KEY VALUE ...]     TRAINER defaults to RAdaCoOp
#
# Environment: DATA (folder of the datasets, ./data), OUTPUT (output), SHOTS (16), CFG (config of
# the trainer: world for the embedded sets, else vit_b16_ctxv1), PYTHON (.venv/bin/python if there
# is one, else python). Relative folders count from where you are; the defaults from the repository.

set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
    echo "error: $*" >&2
    exit 2
}

# A path of the caller, seen from the repository.
from_caller() {
    if [[ $1 == /* || $CALLER == "$PWD" ]]; then echo "$1"; else echo "$CALLER/$1"; fi
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
if [[ -n ${DATA:-} ]]; then DATA=$(from_caller "$DATA"); else DATA=./data; fi
if [[ -n ${OUTPUT:-} ]]; then OUTPUT=$(from_caller "$OUTPUT"); else OUTPUT=output; fi
SHOTS=${SHOTS:-16}
export PYTHON DATA OUTPUT SHOTS

# Sets DATASET SEED TRAINER CFG OPTIONS, and RUN: the folder of the run below its half.
read_arguments() {
    (($# >= 2)) || die "usage: $(basename "$0") DATASET SEED [TRAINER] [KEY VALUE ...]"
    DATASET=$1 SEED=$2 TRAINER=RAdaCoOp
    shift 2
    if (($#)) && [[ $1 != *.* ]]; then
        TRAINER=$1
        shift
    fi
    OPTIONS=("$@")
    [[ $SEED =~ ^[1-9][0-9]*$ ]] || die "the seed must be a positive integer, got \"$SEED\""
    [[ $SHOTS =~ ^[1-9][0-9]*$ ]] || die "SHOTS must be a positive integer, got \"$SHOTS\""
    (($# % 2 == 0)) || die "options are pairs KEY VALUE, got: $*"
    for ((i = 0; i < $#; i += 2)); do
        case ${OPTIONS[i]} in
        DATASET.NUM_SHOTS) die "set SHOTS=${OPTIONS[i + 1]} instead of DATASET.NUM_SHOTS" ;;
        DATASET.SUBSAMPLE_CLASSES) die "DATASET.SUBSAMPLE_CLASSES is set by the script" ;;
        esac
    done
    case ${DATASET%_plain} in
    blueprints | fabrics | tints | herds | heatmaps | digits) CFG=${CFG:-world} ;;
    *) CFG=${CFG:-vit_b16_ctxv1} ;;
    esac
    RUN=$DATASET/shots_$SHOTS/$TRAINER/$CFG/seed$SEED
}

# run_once CLASSES FOLDER [--model-dir MODEL_DIR --eval-only]: unless FOLDER is finished.
run_once() {
    local classes=$1 folder=$2 state=0 trained=()
    shift 2
    local opts=(DATASET.NUM_SHOTS "$SHOTS" DATASET.SUBSAMPLE_CLASSES "$classes")
    opts+=(${OPTIONS[@]+"${OPTIONS[@]}"})
    if (($#)); then trained=(--trained "$2"); fi
    "$PYTHON" -m results.finished ${trained[@]+"${trained[@]}"} "$folder" "${opts[@]}" || state=$?
    if ((state == 0)); then
        echo "Already finished: $folder/results.json (skipped)"
        exit 0
    fi
    ((state == 3)) || exit "$state"
    exec "$PYTHON" train.py \
        --root "$DATA" \
        --seed "$SEED" \
        --trainer "$TRAINER" \
        --dataset-config-file "configs/datasets/$DATASET.yaml" \
        --config-file "configs/trainers/$TRAINER/$CFG.yaml" \
        --output-dir "$folder" \
        "$@" "${opts[@]}"
}
