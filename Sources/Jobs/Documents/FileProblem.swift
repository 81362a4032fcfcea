import Foundation

/// Why the system refused to open, read or write a file, in its own short words: `no such file or directory`.
struct FileProblem: CustomStringConvertible {
    let description: String

    init(_ error: any Error) {
        let cocoa = error as NSError
        let cause = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError ?? cocoa
        if cause.domain == NSPOSIXErrorDomain {
            description = String(cString: strerror(Int32(cause.code))).lowercased()
        } else {
            switch CocoaError.Code(rawValue: cocoa.code) {
            case .fileNoSuchFile, .fileReadNoSuchFile: description = "no such file or directory"
            case .fileReadNoPermission, .fileWriteNoPermission: description = "permission denied"
            case .fileWriteOutOfSpace: description = "no space left on device"
            default: description = cocoa.localizedDescription
            }
        }
    }
}
