#!/usr/bin/env bash
# Test on another dataset what xd_train.sh trained: DATASET SEED [TRAINER] [KEY VALUE ...]
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run target "$@"
