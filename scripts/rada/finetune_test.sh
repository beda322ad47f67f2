#!/usr/bin/env bash
# Test on a shift what finetune_train.sh trained: SHIFT SEED [TRAINER] [KEY VALUE ...]
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run shifted "$@"
