"""A compact core compatible with Dassl 0.6.3, for today's PyTorch.

Names, signatures, config keys, log lines and output files are those of Dassl
(https://github.com/KaiyangZhou/Dassl.pytorch), so that its plugins run on either; the code is new.
An installed Dassl takes precedence, see `toolbox/__init__.py`.
"""

__version__ = "0.6.3"
__bundled__ = True
