// The C library under the name that it has on this platform. This is the one file that names it (tools/check-imports): who
// imports Ground has its functions too, and calls one that a function of theirs hides as `Ground.read(…)`.
//
// What several modules need of it has a function in this folder, which the compiler's real-time check lets pass where that
// is right.
@_exported import Glibc
