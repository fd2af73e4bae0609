# Sourced by tools/package, tools/install and tools/check-package after setup.sh: makes the tree of files that is installed.

# make_tree FOLDER: builds, and puts bin, lib and share into it, as they lie under a prefix.
make_tree() {
  local tree=$1 bin name
  install_libraries
  install patchelf
  say "Building"
  # Swift's own libraries are linked in; the products of other builds lie in the same folder, so this one is linked anew.
  bin=$(swift build -c release --show-bin-path)
  rm -f "$bin/limpid"
  swift build -c release --product limpid --static-swift-stdlib 2>&1 | tail -n 3
  rm -rf "$tree"
  mkdir -p "$tree/bin" "$tree/share/limpid/presets/models" "$tree/share/doc/limpid/licences" "$tree/share/man/man1"
  command install -m 755 "$bin/limpid" "$tree/bin/limpid"
  strip --strip-unneeded "$tree/bin/limpid"
  # The toolchain's folder, which is not where it will run.
  patchelf --remove-rpath "$tree/bin/limpid"
  ! ldd "$tree/bin/limpid" | grep -E 'libswift|libFoundation|libdispatch|libjack|libasound|libcairo' ||
    fail "the program still needs the libraries above"

  command install -m 644 presets/*.toml "$tree/share/limpid/presets/"
  command install -m 644 presets/models/*.safetensors presets/models/README.md "$tree/share/limpid/presets/models/"
  command install -m 644 README.md CHANGELOG.md "$tree/share/doc/limpid/"
  licences "$tree/share/doc/limpid"

  if [ -x tools/build-plugins ]; then
    say "Plugins"
    mkdir -p "$tree/lib"
    tools/build-plugins "$tree/lib"
  fi

  say "Manual pages and completions"
  # Help says which folders are searched here; what is installed is for any machine.
  local clean=(env -i PATH="$PATH" HOME=/nonexistent)
  manual_maker=$(build_manual_maker)
  "${clean[@]}" "$manual_maker" "$tree/bin/limpid" --multi-page --date "$(date -d "@$(commit_time)" +%F)" \
    --output-directory "$tree/share/man/man1" >/dev/null
  # `man limpid enhance` looks for limpid-enhance: every dot of a page's name, in its title and where it is referred to.
  sed -i ':next; s/^\(\.\(Dt\|Xr\) [^ ]*\)\./\1-/; t next' "$tree"/share/man/man1/*.1
  for name in "$tree"/share/man/man1/limpid.*.1; do
    mv "$name" "$tree/share/man/man1/$(basename "$name" .1 | tr . -).1"
  done
  # Help does not show it, and a unit runs it.
  rm "$tree/share/man/man1/limpid-attend-microphone.1"
  sed -i '/^\.Xr limpid-attend-microphone /d' "$tree/share/man/man1/limpid.1"
  ! grep -q attend "$tree/share/man/man1/limpid.1" || fail "limpid.1 still names attend-microphone"
  mkdir -p "$tree/share/bash-completion/completions" "$tree/share/zsh/site-functions" \
    "$tree/share/fish/vendor_completions.d"
  "${clean[@]}" "$tree/bin/limpid" --generate-completion-script bash >"$tree/share/bash-completion/completions/limpid"
  "${clean[@]}" "$tree/bin/limpid" --generate-completion-script zsh >"$tree/share/zsh/site-functions/_limpid"
  "${clean[@]}" "$tree/bin/limpid" --generate-completion-script fish >"$tree/share/fish/vendor_completions.d/limpid.fish"
  for name in bash-completion/completions/limpid zsh/site-functions/_limpid fish/vendor_completions.d/limpid.fish \
    man/man1/limpid.1; do
    [ -s "$tree/share/$name" ] || fail "$name was not made"
  done
  ! grep -rlF "$PWD" "$tree/share" || fail "the files above name a folder of this machine"
  chmod -R u=rwX,go=rX "$tree"
}

# tree_files FOLDER: its files and links, and no folders: where it is unpacked those that are there, links to folders too, stay as they are.
tree_files() { (cd "$1" && find . ! -type d -printf '%P\n' | LC_ALL=C sort); }

# lay_tree TREE PREFIX: puts a tree under a prefix. A program that runs keeps its file: the new one takes its name.
lay_tree() {
  tree_files "$1" | tar -C "$1" --no-recursion --verbatim-files-from -T - -cf - |
    # Folders that are missing are for everyone, whatever this user's mask.
    (umask 022 && tar -C "$2" --no-same-owner -xf -)
}

# ArgumentParser's own maker of manual pages; prints where it is.
build_manual_maker() {
  local package=.build/checkouts/swift-argument-parser scratch=$PWD/.build/manual
  [ -d $package ] || swift package resolve >&2
  swift build --package-path $package --scratch-path "$scratch" --product generate-manual >/dev/null 2>"$scratch.log" ||
    { cat "$scratch.log" >&2 && fail "the maker of manual pages could not be built"; }
  echo "$(swift build --package-path $package --scratch-path "$scratch" --show-bin-path 2>/dev/null)/generate-manual"
}

# licences FOLDER: the licence of every part.
licences() {
  local checkouts=.build/checkouts
  command install -m 644 tools/packaging/copyright "$1/"
  command install -m 644 LICENSE "$1/licences/limpid"
  command install -m 644 "$(dirname "$(dirname "$(realpath "$(command -v swiftc)")")")/share/swift/LICENSE.txt" \
    "$1/licences/swift"
  command install -m 644 $checkouts/swift-argument-parser/LICENSE.txt "$1/licences/swift-argument-parser"
  cat $checkouts/swift-log/LICENSE.txt $checkouts/swift-log/NOTICE.txt >"$1/licences/swift-log"
  cat $checkouts/swift-nio/LICENSE.txt $checkouts/swift-nio/NOTICE.txt >"$1/licences/swift-nio"
  command install -m 644 $checkouts/swift-nio/Sources/CNIOLLHTTP/LICENSE "$1/licences/llhttp"
  sed -n '/SPDX-License-Identifier/,/^ \*\//p' $checkouts/swift-nio/Sources/CNIOSHA1/c_nio_sha1.c >"$1/licences/sha1"
  grep -q 'WIDE Project' "$1/licences/sha1" || fail "the licence of SHA-1 is not where it was"
  for name in swift-atomics swift-collections swift-system; do
    command install -m 644 $checkouts/$name/LICENSE.txt "$1/licences/$name"
  done
  command install -m 644 $checkouts/TOMLKit/LICENSE "$1/licences/TOMLKit"
  # The notice at the head of its one file.
  sed -n '/^\/\/ MIT License/,/^\/\/---/{s/^\/\/ \{0,1\}//;/^---/d;p}' $checkouts/TOMLKit/Sources/CTOML/Sources/toml.hpp \
    >"$1/licences/tomlplusplus"
  grep -q 'Mark Gillard' "$1/licences/tomlplusplus" || fail "the licence of toml++ is not where it was"
  command install -m 644 tools/packaging/LICENSE.unicode "$1/licences/icu"
}

# When what is packaged was committed, so that the same commit gives the same dates.
commit_time() { git log -1 --format=%ct 2>/dev/null || date +%s; }

limpid_version() { "$1/bin/limpid" --version | sed 's/^limpid //'; }
