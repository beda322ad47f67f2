#!/usr/bin/env bash
# Mix what finetune.sh trains with its start, test it all, then the curves:
#   wise_ft.sh DATASET[,DATASET...] SEED[,SEED...] TRAINER[,TRAINER...] [KEY VALUE ...]
# ALPHAS="0 0.5 1" chooses the coefficients. JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep wise_ft "$@"
