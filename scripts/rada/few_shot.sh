#!/usr/bin/env bash
# Train on 1, 2, 4, 8 and 16 pictures of every class, test on all classes:
#   few_shot.sh DATASET SEED [TRAINER] [KEY VALUE ...]
# SHOTS="1 4" chooses others. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
SHOTS=${SHOTS:-1 2 4 8 16}
[[ " ${SHOTS//,/ } " =~ ^(\ +[1-9][0-9]*)+\ +$ ]] ||
    die "SHOTS must be positive integers with blanks between, got \"$SHOTS\""
for shots in ${SHOTS//,/ }; do
    SHOTS=$shots "$PYTHON" -m rada.experiments.run all "$@"
done
