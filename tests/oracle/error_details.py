"""The details of an error that SpiceDB's library reports as text only.

The server inside the library sends a google.rpc.Status; the library hands out just its code and
message. The encoded status is still in the Go heap of this very process, and its code and message
are known, so it can be found there: a read of this process's own memory, Linux only. When the heap
holds several statuses of one code and message (garbage of earlier calls), all are returned.
"""
import mmap
import re
import sys

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

GO_ARENA_BYTES = 4 << 20  # Go maps its heap in pieces that start at multiples of this
PAGE_BYTES = mmap.PAGESIZE
PAGE_ENTRY_BYTES = 8  # one little-endian word a page in /proc/self/pagemap
DETAIL_TAG = 0x1A  # field 3 of google.rpc.Status, length-delimited
REASON = re.compile("ERROR_REASON_[A-Z_]+")
KEY = re.compile("[A-Za-z_]+")
VALUE = re.compile(r"[^\x00-\x08]*")
DETAIL_BYTES_MAX = 1 << 20


def find_statuses(code, message):
    """Every distinct status with this code and message that memory holds, details included."""
    if not sys.platform.startswith("linux"):
        return []
    prefix = status_pb2.Status(code=code, message=message).SerializeToString()
    found = {}
    for memory in go_heap():
        at = memory.find(prefix)
        while at >= 0:
            encoded = memory[at:end_of_details(memory, at + len(prefix))]
            if len(encoded) > len(prefix):
                remember(found, encoded)
            at = memory.find(prefix, at + 1)
    return list(found.values())


def go_heap():
    """The bytes of the pages in memory of each anonymous writable mapping that can be part of the Go heap."""
    with open("/proc/self/maps", encoding="ascii") as maps, open("/proc/self/mem", "rb", 0) as memory, \
            open("/proc/self/pagemap", "rb", 0) as pages:
        for line in maps:
            span, mode, _offset, _device, inode, *name = line.split()
            low, high = (int(part, 16) for part in span.split("-"))
            if mode == "rw-p" and inode == "0" and not name and low % GO_ARENA_BYTES == 0:
                for start, end in present(pages, low, high):
                    memory.seek(start)
                    yield memory.read(end - start)


def present(pages, low, high):
    """The runs of pages in memory between two addresses: most of the heap was never touched."""
    pages.seek(low // PAGE_BYTES * PAGE_ENTRY_BYTES)
    entries = pages.read((high - low) // PAGE_BYTES * PAGE_ENTRY_BYTES)
    for run in re.finditer(rb"[\x80-\xff]+", entries[PAGE_ENTRY_BYTES - 1::PAGE_ENTRY_BYTES]):  # bit 63
        yield low + run.start() * PAGE_BYTES, low + run.end() * PAGE_BYTES


def end_of_details(memory, at):
    """Skips the detail fields that follow a status's message; returns where they end."""
    while at < len(memory) and memory[at] == DETAIL_TAG:
        length, start = read_varint(memory, at + 1)
        if not 0 < length <= DETAIL_BYTES_MAX or start + length > len(memory):
            break
        at = start + length
    return at


def read_varint(memory, at):
    """A protobuf varint and the position behind it; (0, at) when it runs off the end."""
    value = shift = 0
    for position in range(at, min(at + 5, len(memory))):
        value |= (memory[position] & 0x7F) << shift
        shift += 7
        if memory[position] < 0x80:
            return value, position + 1
    return 0, at


def remember(found, encoded):
    """Adds a status under a key that equal ones share: their encodings vary, as Go orders maps at random."""
    try:
        status = status_pb2.Status.FromString(encoded)
        info = error_info(status)
    except DecodeError:
        return
    if is_whole(info):
        found[(*sorted(info.items()), len(status.details))] = status


def is_whole(info):
    """Whether nothing overwrote a part of it meanwhile, as far as can be told."""
    return (not info or bool(REASON.fullmatch(info["reason"]))) and all(
        KEY.fullmatch(key) and VALUE.fullmatch(value) for key, value in info.items())


def error_info(status):
    """The ErrorInfo of a status as a flat dictionary, its reason under "reason"; empty if it has none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return {"reason": info.reason, **info.metadata}
    return {}
