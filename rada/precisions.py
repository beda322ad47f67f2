"""Names of the precisions that encoders compute in. Free of PyTorch."""

PRECISIONS = ("fp32", "fp16", "bf16", "amp", "amp_bf16")
AUTOCAST = ("fp32", "amp", "amp_bf16")  # those that leave weights as they are
