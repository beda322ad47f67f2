#!/usr/bin/env bash
# Train on all classes of ImageNet, or of SOURCE, for a transfer: SEED [TRAINER] [KEY VALUE ...]
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run source "$@"
