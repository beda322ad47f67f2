#!/usr/bin/env bash
# Both halves for several datasets, seeds and trainers, then the table:
#   base2new.sh DATASET[,DATASET...]|world|all SEED[,SEED...] TRAINER[,TRAINER...] [KEY VALUE ...]
# JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep base2new "$@"
