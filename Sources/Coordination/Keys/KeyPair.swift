import Wire

/// A key pair that was read from its file, which only its owner can read.
struct KeyPair: Hashable, Sendable {
    let name: String
    let secret: SecretKey

    /// Reads a secret key.
    ///
    /// - Throws: `KeyError`, with the command that helps when others can read it.
    init(file: String) throws(KeyError) {
        // Before its mode is looked at, which is right for what it is.
        if let half = try? KeyFolder.publicKey(in: file) { throw .publicHalf(path: file, name: half.name) }
        let text = try KeyFile.read(
            file,
            for: .owner,
            ending: ".secret",
            hint: "Make one with `troupe keys generate NAME`."
        )
        try KeyFile.checkFolder(KeyFile.folder(of: file))
        do {
            (name, secret) = try KeyText.readSecret(text)
        } catch let problem as KeyText.Problem {
            throw .malformed(path: file, reason: problem.reason)
        } catch {
            throw .library("\(error)")
        }
    }

    static func wrapping<Result>(_ body: () throws(SocketError) -> Result) throws(KeyError) -> Result {
        do throws(SocketError) {
            return try body()
        } catch {
            throw .library(error.description)
        }
    }
}
