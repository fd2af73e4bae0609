import Glibc

/// Whether two paths are one file, also through links; false when either is not there.
public func isSameFile(_ a: String, _ b: String) -> Bool {
  var first = stat()
  var second = stat()
  guard stat(a, &first) == 0, stat(b, &second) == 0 else { return false }
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// errno in words.
func systemReason(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }
