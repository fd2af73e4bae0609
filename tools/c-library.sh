# Sourced after setup.sh, by what makes shared libraries of the C interface: build-c-library, build-plugins.
# shellcheck shell=bash disable=SC2034 # the others use what is set here

c_interface=Sources/CInterface
version=$(sed -n 's/^private let version: StaticString = "\(.*\)"$/\1/p' $c_interface/Model.swift)
[ -n "$version" ] || fail "$c_interface/Model.swift: no version found"
# What the archive's users link themselves.
needed=(-lfftw3f -lspeexdsp)

# For tools/check-plugins --long: LIMPID_SANITIZE=address builds all of it so, for hosts that have that sanitizer.
sanitized=() link_sanitized=() compiler=(cc)
if [ -n "${LIMPID_SANITIZE-}" ]; then
  sanitized=(--scratch-path ".build/$LIMPID_SANITIZE" "--sanitize=$LIMPID_SANITIZE")
  link_sanitized=(-Xlinker -z -Xlinker undefs) # the host has its run time
  compiler=("$(dirname "$(realpath "$(command -v swiftc)")")/clang" "-fsanitize=$LIMPID_SANITIZE" -g)
fi

# Builds the C interface; sets `objects` to a fresh folder that has limpid.o, all of it in one object.
build_object() { # FOLDER-NAME
  install pkg-config libfftw3-dev libspeexdsp-dev g++
  command -v swiftc >/dev/null || fail "swift is not on the PATH; install Swift 6.3 or later from swift.org/install"
  say "Building"
  local bin
  bin=$(swift build -c release "${sanitized[@]}" --show-bin-path)
  rm -f "$bin/libCInterface.a" # SwiftPM adds to it; the objects of files that are gone would stay
  swift build -c release "${sanitized[@]}" --product CInterface 2>&1 | tail -n 3
  objects=$bin/$1
  rm -rf "$objects"
  mkdir -p "$objects"
  # One object of all: in an archive, the linker option that hides Swift's own symbols would hide limpid_* as well.
  ld -r -o "$objects/limpid.o" --whole-archive "$bin/libCInterface.a"
  objcopy --strip-debug "$objects/limpid.o"
}

# Links objects into a shared library with Swift's standard library inside, in which only the symbols of a version script are
# seen from outside.
# FFTW is inside too: its planner belongs to the process and bears one thread at a time, so a host, or another library with Limpid
# inside, that plans at the same moment would spoil ours. speexdsp keeps nothing of the kind.
# -z nodelete: Swift's run time cannot be unloaded; after dlclose it stays.
# lld, the toolchain's own, leaves no local symbol among the exported ones; nostart-stop-gc keeps the sections that Swift finds
# by their names.
link_library() { # OUT VERSION-SCRIPT OBJECT|OPTION…
  # Where the linker finds FFTW first, whoever asks for it.
  mkdir -p "$objects/static"
  ln -sf "$(cc -print-file-name=libfftw3f.a)" "$objects/static/"
  swiftc -use-ld=lld -emit-library -static-stdlib "${@:3}" -o "$1" "-L$objects/static" "${needed[@]}" \
    -Xlinker "--version-script=$2" -Xlinker -z -Xlinker nodelete -Xlinker -z -Xlinker nostart-stop-gc \
    -Xlinker --no-undefined -Xlinker --gc-sections -Xlinker --as-needed -Xlinker --strip-all "${link_sanitized[@]}"
}
