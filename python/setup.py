"""Puts the package together from the checkout: the library for C with Swift's run time inside, presets, weights.

The library is that of $LIMPID_C_LIBRARY, a folder (from /) that tools/build-c-library made; unset, it is built, which
takes minutes.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
PACKAGE = HERE / "src" / "limpid"
# Libraries that tools/build-wheel puts into the wheel, by the Debian packages that they come from.
BUNDLED = {"fftw": "libfftw3-single3", "speexdsp": "libspeexdsp1"}


def version() -> str:
    """That of the library: it stands once, in Swift."""
    source = CHECKOUT / "Sources" / "CInterface" / "Model.swift"
    if not source.exists():
        sys.exit(f"error: {source} is not there; the package is built inside a whole checkout: pip install ./python")
    found = re.search(r'^private let version: StaticString = "(.*)"$', source.read_text(), re.M)
    if found is None:
        sys.exit(f"error: {source}: no version found")
    return found[1]


def library() -> Path:
    """The folder of limpid.h and liblimpid.so."""
    given = os.environ.get("LIMPID_C_LIBRARY")
    if given:
        return Path(given)
    folder = HERE / "build" / "limpid"
    subprocess.run([CHECKOUT / "tools" / "build-c-library", folder], check=True)
    return folder


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside it first: a process that has the old library loaded keeps it whole.
    new = target.with_name(target.name + ".new")
    shutil.copyfile(source, new)
    new.replace(target)


def put_licenses() -> None:
    """Limpid's, and of the libraries that may come along."""
    copy(CHECKOUT / "LICENSE", HERE / "licenses" / "LICENSE")
    for name, package in BUNDLED.items():
        text = Path("/usr/share/doc") / package / "copyright"
        if not text.exists():
            text = text.parent.with_name("libspeexdsp-dev" if name == "speexdsp" else "libfftw3-dev") / "copyright"
        if text.exists():
            copy(text, HERE / "licenses" / f"{name}.txt")


class BuildWithLibrary(build_py):
    def run(self) -> None:
        shared = library() / "lib" / "liblimpid.so"
        if not shared.exists():
            sys.exit(f"error: {shared} is not there; $LIMPID_C_LIBRARY is a folder that tools/build-c-library made")
        # What an older checkout left goes nowhere.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        shutil.rmtree(PACKAGE / "presets", ignore_errors=True)
        copy(shared.resolve(), PACKAGE / "lib" / "liblimpid.so")
        presets = CHECKOUT / "presets"
        for file in [*presets.glob("*.toml"), *(presets / "models").iterdir()]:
            copy(file, PACKAGE / "presets" / file.relative_to(presets))
        super().run()


class LibraryWheel(bdist_wheel):
    """Any Python 3, this processor and system: the library is no extension of one Python."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> "tuple[str, str, str]":
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


put_licenses()
setup(
    version=version(),
    distclass=WithLibrary,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": LibraryWheel},
)
