#!/usr/bin/env bash
# Test on the new classes what base2new_train.sh trained: DATASET SEED [TRAINER] [KEY VALUE ...]
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
read_arguments "$@"
MODEL_DIR=$OUTPUT/base2new/train_base/$RUN
if [[ ! -f $MODEL_DIR/results.json ]]; then
    die "no finished training in $MODEL_DIR; first run" \
        "bash scripts/rada/base2new_train.sh $DATASET $SEED $TRAINER${OPTIONS[*]:+ ${OPTIONS[*]}}"
fi
run_once new "$OUTPUT/base2new/test_new/$RUN" --model-dir "$MODEL_DIR" --eval-only
