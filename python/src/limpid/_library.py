"""limpid.h, called by ctypes. Every call leaves the interpreter free for other threads."""

from __future__ import annotations

import _thread
import ctypes
import threading
import weakref
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_double, c_int, c_size_t, c_void_p
from pathlib import Path
from typing import Callable

from ._errors import InvalidValueError, StateError, Status, error
from ._samples import Samples

FOLDER = Path(__file__).resolve().parent
_INT_MAX = 2**31 - 1
_Progress = CFUNCTYPE(c_int, c_void_p, c_double)


def _load() -> ctypes.CDLL:
    path = FOLDER / "lib" / "liblimpid.so"
    if not path.exists():
        raise ImportError(f"{path} is not there; install the package with pip, rather than use its source as it lies")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as reason:
        raise ImportError(
            f"{reason}; Limpid needs Linux with glibc on x86-64, and a package that tools/build-wheel did not build "
            "needs speexdsp (Debian: libspeexdsp1)"
        ) from reason
    for name, arguments in {
        "limpid_model_open": (c_char_p, c_char_p, POINTER(c_void_p)),
        "limpid_model_pair": (c_void_p, c_void_p, POINTER(c_void_p)),
        "limpid_create": (c_void_p, POINTER(c_void_p)),
        "limpid_set_text": (c_void_p, c_char_p, c_char_p),
        "limpid_learn": (c_void_p, c_void_p, c_size_t, c_int),
        "limpid_learn_file": (c_void_p, c_char_p),
        "limpid_save_learned": (c_void_p, c_char_p),
        "limpid_forget": (c_void_p,),
        "limpid_prepare": (c_void_p, c_int, c_int),
        "limpid_process_interleaved": (c_void_p, c_void_p, c_void_p, c_size_t),
        "limpid_enhance_recording": (
            c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_double, _Progress, c_void_p,
        ),
        "limpid_reset": (c_void_p,),
        "limpid_latency": (c_void_p, POINTER(c_int)),
    }.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, c_int
    for name in ("limpid_model_close", "limpid_destroy"):
        function = getattr(library, name)
        function.argtypes, function.restype = (c_void_p,), None
    for name in ("limpid_version", "limpid_last_error"):
        getattr(library, name).restype = c_char_p
    return library


_library = _load()


def version() -> str:
    text: bytes = _library.limpid_version()
    return text.decode()


def _check(status: int) -> None:
    """Called on the thread of the failed call, whose sentence it takes."""
    if status != 0:
        sentence: bytes = _library.limpid_last_error()
        raise error(status, sentence.decode("utf-8", "replace"))


def _text(text: str, name: str) -> bytes:
    """UTF-8, as C takes it. File names that are not UTF-8 stay as they are, and the library refuses them."""
    if "\0" in text:
        raise InvalidValueError(f"{name} {text!r} holds a zero byte; leave it out", Status.BAD_ARGUMENT)
    return text.encode("utf-8", "surrogateescape")


def _int(number: int, name: str) -> int:
    """A C int; what does not fit one is out of every range."""
    if not -_INT_MAX <= number <= _INT_MAX:
        raise InvalidValueError(f"{name} of {number} is out of range", Status.UNSUPPORTED_FORMAT)
    return number


def _interruptible(work: Callable[[Callable[[], bool]], None]) -> None:
    """Calls `work` on a thread of its own, so that this one hears Ctrl-C while the library works. `work` is given what says whether
    to go on; it checks its own calls, as a failed call's sentence is its thread's.

    An exception may come at any line here, also before the thread is waited for: so `work` holds all that it uses, and stops by itself.
    Nothing of Python's own is waited with: an exception within threading.Event leaves its lock taken, and within Thread.start
    the thread listed for ever.
    """
    is_done = is_left = False
    failure: BaseException | None = None
    done = _thread.allocate_lock()  # taken until the thread is done
    done.acquire()

    def run() -> None:
        nonlocal failure, is_done
        try:
            work(lambda: not is_left)
        except BaseException as reason:
            failure = reason
        finally:
            is_done = True
            done.release()

    interruption: BaseException | None = None
    try:
        _thread.start_new_thread(run, ())
        # However often Ctrl-C is pressed.
        while not is_done:
            try:
                done.acquire()
            except BaseException as reason:
                interruption, is_left = reason, True
    finally:
        is_left = True
    if interruption is not None:
        raise interruption
    if failure is not None:
        raise failure


class _Turns:
    """Threads take turns. A signal's handler runs in the middle of what its thread is doing: where that is a turn, waiting for its end
    would never end, so it is refused."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._is_taken = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._is_taken:
            self._lock.release()
            raise StateError(
                "the stream is in the middle of a call of this very thread; where a signal's handler came between, let it note that it "
                "came, and do this after the call",
                Status.WRONG_STATE,
            )
        self._is_taken = True

    def __exit__(self, *_: object) -> None:
        self._is_taken = False
        self._lock.release()


def _at_end(owner: object, give_back: Callable[[c_void_p], None], handle: c_void_p) -> weakref.finalize[[c_void_p], object]:
    """Gives a handle back with its owner, but not where the interpreter ends: a thread may still be using it."""
    finalizer = weakref.finalize(owner, give_back, handle)
    finalizer.atexit = False
    return finalizer


class ModelHandle:
    """An open model, of one network or of two, given back with the object."""

    def __init__(self, path: str, second: str | None, precision: str) -> None:
        handles = []
        try:
            for file in [path] if second is None else [path, second]:
                handle = c_void_p()
                _check(_library.limpid_model_open(_text(file, "the path"), _text(precision, "the precision"), byref(handle)))
                handles.append(handle)
            if second is not None:
                handle = c_void_p()
                _check(_library.limpid_model_pair(handles[0], handles[1], byref(handle)))
                handles.append(handle)
            self.value = handles.pop()
        finally:
            # A pair has its share in both.
            for handle in handles:
                _library.limpid_model_close(handle)
        _at_end(self, _library.limpid_model_close, self.value)


class EnhancerHandle:
    """A limpid_enhancer, destroyed with the object or by `close`. Calls of several threads take turns."""

    def __init__(self, model: ModelHandle | None) -> None:
        handle = c_void_p()
        _check(_library.limpid_create(None if model is None else model.value, byref(handle)))
        self._handle = handle
        self._turns = _Turns()
        self._destroy = _at_end(self, _library.limpid_destroy, handle)

    @property
    def is_open(self) -> bool:
        return self._destroy.alive

    def close(self) -> None:
        with self._turns:
            self._destroy()

    def _check_open(self) -> None:
        if not self._destroy.alive:
            raise StateError("the stream is closed; make a new one", Status.WRONG_STATE)

    def set(self, key: str, value: str) -> None:
        with self._turns:
            self._check_open()
            _check(_library.limpid_set_text(self._handle, _text(key, "the setting"), _text(value, key)))

    def learn(self, address: int, count: int, rate: int) -> None:
        with self._turns:
            self._check_open()
            _check(_library.limpid_learn(self._handle, address, count, _int(rate, "a sample rate")))

    def learn_file(self, path: str) -> None:
        with self._turns:
            self._check_open()
            _check(_library.limpid_learn_file(self._handle, _text(path, "the path")))

    def save_learned(self, path: str) -> None:
        with self._turns:
            self._check_open()
            _check(_library.limpid_save_learned(self._handle, _text(path, "the path")))

    def forget(self) -> None:
        with self._turns:
            self._check_open()
            _check(_library.limpid_forget(self._handle))

    def prepare(self, rate: int, channels: int) -> int:
        """Returns the latency."""
        latency = c_int()
        with self._turns:
            self._check_open()
            _check(
                _library.limpid_prepare(
                    self._handle, _int(rate, "a sample rate"), _int(channels, "a number of channels")
                )
            )
            _check(_library.limpid_latency(self._handle, byref(latency)))
        return latency.value

    def process(self, source: int, target: int, count: int) -> None:
        """Addresses of (count, channels) float32; they may be the same."""
        with self._turns:
            self._check_open()
            _check(_library.limpid_process_interleaved(self._handle, source, target, count))

    def recording(self, backward: EnhancerHandle | None, source: Samples, target: Samples, warm_up: float) -> None:
        """Both (samples, channels) or (samples,), in one piece, not overlapping. Ctrl-C ends it."""

        def enhance(goes_on: Callable[[], bool]) -> None:
            # Both arrays and both enhancers live in this closure until the library is done with them.
            progress = _Progress(lambda _context, _done: 0 if goes_on() else 1)
            back = None if backward is None else backward._handle
            places = source.ctypes.data, target.ctypes.data
            with self._turns:
                self._check_open()
                _check(
                    _library.limpid_enhance_recording(self._handle, back, *places, len(source), warm_up, progress, None)
                )

        _interruptible(enhance)

    def reset(self) -> None:
        with self._turns:
            self._check_open()
            _check(_library.limpid_reset(self._handle))
