#!/usr/bin/env bash
# Test mixtures of a model of finetune_train.sh: DATASET|SHIFT SEED [TRAINER] [KEY VALUE ...]
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run mixed "$@"
