"""Decompress to the very end: checksums are read, and nothing may follow but zero padding."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from typing import IO, Any

MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}  # first bytes of a file
COMPRESSED = 1 << 16  # bytes that are decompressed at a time


def decompressed(file: IO[bytes]) -> IO[bytes]:
    """What is in a gzip, bzip2 or xz file; another file as it is. It can be read backwards too.

    Reading raises EOFError where the file is cut off, and zlib.error, lzma.LZMAError or OSError
    where it is damaged; all of it has to be read to know that neither is the case.
    """
    beginning = file.read(max(map(len, MAGIC)))
    file.seek(0)
    kind = next((name for magic, name in MAGIC.items() if beginning.startswith(magic)), "")
    if kind == "gzip":  # reads its checksum at the end, and refuses what follows but zeros
        return gzip.GzipFile(fileobj=file)
    if kind:
        new = bz2.BZ2Decompressor if kind == "bzip2" else lzma.LZMADecompressor
        return io.BufferedReader(_Decompressed(file, new), COMPRESSED)
    return file


class _Decompressed(io.RawIOBase):
    """As BZ2File and LZMAFile, which pass over whatever follows the end."""

    def __init__(self, file: IO[bytes], new: Callable[[], Any]):
        self.file, self.new = file, new
        self._rewind()

    def _rewind(self) -> None:
        self.file.seek(0)
        self.decompressor, self.position = self.new(), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while True:
            compressed = self._compressed()
            if compressed is None:
                return 0
            found = self.decompressor.decompress(compressed, len(buffer))
            if found:
                buffer[: len(found)] = found
                self.position += len(found)
                return len(found)

    def _compressed(self) -> bytes | None:
        """What the decompressor takes next; None at the end."""
        if self.decompressor.eof:
            following = self.decompressor.unused_data.lstrip(b"\0")
            while not following:
                padding = self.file.read(COMPRESSED)
                if not padding:
                    return None
                following = padding.lstrip(b"\0")
            self.decompressor = self.new()  # as `cat a.xz b.xz` makes; else it raises an error
            return following
        if not self.decompressor.needs_input:
            return b""
        compressed = self.file.read(COMPRESSED)
        if not compressed:
            raise EOFError("it is cut off")
        return compressed

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To a position from the start, or from here; from the end is not possible."""
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end of compressed content is not known")
        goal = offset + (self.position if whence == io.SEEK_CUR else 0)
        if goal < self.position:
            self._rewind()
        while self.position < goal and self.read(min(goal - self.position, COMPRESSED)):
            pass
        return self.position

    def tell(self) -> int:
        return self.position
