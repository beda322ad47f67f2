#!/usr/bin/env bash
# Fine-tune on all classes, test on the set itself and on its shifts, then the table:
#   finetune.sh DATASET[,DATASET...] SEED[,SEED...] TRAINER[,TRAINER...] [KEY VALUE ...]
# imagenet and things (embedded) have shifts. JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep finetune "$@"
