import Ground

/// What C libraries print by themselves: libmpg123 tells of every damaged frame, in words of its own.
enum LibraryMessages {
  /// Sends what is printed on C's stream `stderr` nowhere, from now to the program's end. What a person must know of a file is
  /// said by us, and our sentences go to the descriptor itself. Before other threads begin.
  static func silence() {
    // The variable that all libraries share: Swift lets no program assign it.
    guard let variable = dlsym(nil, "stderr"), let nowhere = fopen("/dev/null", "we") else { return }
    variable.assumingMemoryBound(to: UnsafeMutablePointer<FILE>?.self).pointee = nowhere
  }
}
