#!/usr/bin/env bash
# Train on ImageNet, test on its shifts V2, Sketch, A, R and ObjectNet, then the table:
#   domain_generalization.sh SEED[,SEED...] TRAINER[,TRAINER...] [KEY VALUE ...]
# The training is the one of cross_dataset.sh. JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep transfer "${TARGETS:-shifts}" "$@"
