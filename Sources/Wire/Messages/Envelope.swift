import CProtobuf

/// An envelope's only member: the message.
extension Message: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Envelope>) { troupe__envelope__init(cell) }

    func write(to cell: inout Troupe__Envelope, in arena: inout Arena) throws(WireError) {
        do {
            try fill(&cell, in: &arena)
        } catch {
            throw error.inside(kind)
        }
    }

    private func fill(_ cell: inout Troupe__Envelope, in arena: inout Arena) throws(WireError) {
        switch self {
        case .hello(let hello):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_HELLO
            cell.hello = try arena.cell(hello)
        case .welcome(let welcome):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_WELCOME
            cell.welcome = try arena.cell(welcome)
        case .refused(let refused):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_REFUSED
            cell.refused = try arena.cell(refused)
        case .heartbeat(let heartbeat):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_HEARTBEAT
            cell.heartbeat = try arena.cell(heartbeat)
        case .drain:
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_DRAIN
            cell.drain = arena.cell { troupe__drain__init($0) }
        case .goodbye(let goodbye):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_GOODBYE
            cell.goodbye = try arena.cell(goodbye)
        case .assignment(let assignment):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_ASSIGNMENT
            cell.assignment = try arena.cell(assignment)
        case .started(let started):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_STARTED
            cell.started = try arena.cell(started)
        case .finished(let finished):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_FINISHED
            cell.finished = try arena.cell(finished)
        case .failed(let failed):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_FAILED
            cell.failed = try arena.cell(failed)
        case .accepted(let accepted):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_ACCEPTED
            cell.accepted = try arena.cell(accepted)
        case .cancel(let cancel):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_CANCEL
            cell.cancel = try arena.cell(cancel)
        case .blobRequest(let request):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_BLOB_REQUEST
            cell.blob_request = try arena.cell(request)
        case .blobChunk(let chunk):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_BLOB_CHUNK
            cell.blob_chunk = try arena.cell(chunk)
        case .blobMissing(let missing):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_BLOB_MISSING
            cell.blob_missing = try arena.cell(missing)
        case .release(let release):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_RELEASE
            cell.release = try arena.cell(release)
        case .dataSummons:
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_DATA_SUMMONS
            cell.data_summons = arena.cell { troupe__data_summons__init($0) }
        case .dataHello(let hello):
            cell.message_case = TROUPE__ENVELOPE__MESSAGE_DATA_HELLO
            cell.data_hello = try arena.cell(hello)
        }
    }

    init(reading cell: Troupe__Envelope) throws(WireError) {
        switch cell.message_case {
        case TROUPE__ENVELOPE__MESSAGE_HELLO: self = .hello(try read(cell.hello, "hello"))
        case TROUPE__ENVELOPE__MESSAGE_WELCOME: self = .welcome(try read(cell.welcome, "welcome"))
        case TROUPE__ENVELOPE__MESSAGE_REFUSED: self = .refused(try read(cell.refused, "refused"))
        case TROUPE__ENVELOPE__MESSAGE_HEARTBEAT: self = .heartbeat(try read(cell.heartbeat, "heartbeat"))
        case TROUPE__ENVELOPE__MESSAGE_DRAIN: self = .drain
        case TROUPE__ENVELOPE__MESSAGE_GOODBYE: self = .goodbye(try read(cell.goodbye, "goodbye"))
        case TROUPE__ENVELOPE__MESSAGE_ASSIGNMENT: self = .assignment(try read(cell.assignment, "assignment"))
        case TROUPE__ENVELOPE__MESSAGE_STARTED: self = .started(try read(cell.started, "started"))
        case TROUPE__ENVELOPE__MESSAGE_FINISHED: self = .finished(try read(cell.finished, "finished"))
        case TROUPE__ENVELOPE__MESSAGE_FAILED: self = .failed(try read(cell.failed, "failed"))
        case TROUPE__ENVELOPE__MESSAGE_ACCEPTED: self = .accepted(try read(cell.accepted, "accepted"))
        case TROUPE__ENVELOPE__MESSAGE_CANCEL: self = .cancel(try read(cell.cancel, "cancel"))
        case TROUPE__ENVELOPE__MESSAGE_BLOB_REQUEST: self = .blobRequest(try read(cell.blob_request, "blob_request"))
        case TROUPE__ENVELOPE__MESSAGE_BLOB_CHUNK: self = .blobChunk(try read(cell.blob_chunk, "blob_chunk"))
        case TROUPE__ENVELOPE__MESSAGE_BLOB_MISSING: self = .blobMissing(try read(cell.blob_missing, "blob_missing"))
        case TROUPE__ENVELOPE__MESSAGE_RELEASE: self = .release(try read(cell.release, "release"))
        case TROUPE__ENVELOPE__MESSAGE_DATA_SUMMONS: self = .dataSummons
        case TROUPE__ENVELOPE__MESSAGE_DATA_HELLO: self = .dataHello(try read(cell.data_hello, "data_hello"))
        default: throw .field("", "holds no message")
        }
    }
}

extension Message {
    /// The packed envelope.
    ///
    /// - Throws: `WireError` for every message that its receiver would refuse, so that a mistake shows where it is made.
    package func encoded() throws(WireError) -> [UInt8] {
        var arena = Arena()
        let (cell, byteCount) = try cell(in: &arena)
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
            count = troupe__envelope__pack(cell, bytes.baseAddress)
        }
        // Each field has a byte at least.
        guard byteCount > WireLimits.fields else { return bytes }
        try bytes.withUnsafeBytes { bytes in Result { () throws(WireError) in try Self.scan(bytes) } }.get()
        return bytes
    }

    /// Reads a packed envelope.
    ///
    /// - Throws: `WireError` that names the field. Fields with unknown numbers are skipped.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(WireError) in try Message(decoding: bytes) } }
        self = try result.get()
    }

    /// The structure to pack and its packed size, checked as the receiver will check it.
    private func cell(
        in arena: inout Arena
    ) throws(WireError) -> (cell: UnsafeMutablePointer<Troupe__Envelope>, byteCount: Int) {
        let cell = try arena.cell(self)
        _ = try Message(reading: cell.pointee)
        let byteCount = troupe__envelope__get_packed_size(cell)
        guard byteCount <= WireLimits.envelope else {
            throw .tooLarge(kind, bytes: byteCount, limit: WireLimits.envelope)
        }
        return (cell, byteCount)
    }

    private static func scan(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var prototype = Troupe__Envelope()
        troupe__envelope__init(&prototype)
        try FieldScan.check(bytes, against: prototype.base.descriptor, fieldsAtMost: WireLimits.fields)
    }

    init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count <= WireLimits.envelope else {
            throw .tooLarge("the envelope", bytes: bytes.count, limit: WireLimits.envelope)
        }
        try Self.checkKind(of: bytes)
        try Self.scan(bytes)
        self = try UnpackingMemory.lend { allocator in
            Result { () throws(WireError) in
                let start = bytes.bindMemory(to: UInt8.self).baseAddress
                guard let cell = troupe__envelope__unpack(allocator, bytes.count, start) else {
                    throw .field("", "is not a protobuf message")
                }
                defer { troupe__envelope__free_unpacked(cell, allocator) }
                return try Message(reading: cell.pointee)
            }
        }.get()
    }

    /// Recognises a greeting of another version and a message of a later one, whose fields may be anything.
    private static func checkKind(of envelope: UnsafeRawBufferPointer) throws(WireError) {
        var cursor = FieldCursor(envelope)
        var unknown: Int?
        while let (number, content) = try cursor.next() {
            // A bundle, which comes next, is unpacked before, and holds no other.
            if number > Int(TROUPE__ENVELOPE__MESSAGE_DATA_HELLO.rawValue) {
                unknown = unknown ?? number
                continue
            }
            guard number == Int(TROUPE__ENVELOPE__MESSAGE_HELLO.rawValue), case .bytes(let hello) = content else {
                return
            }
            do { try checkVersion(ofHello: hello) } catch { throw error.inside("hello") }
            return
        }
        if let unknown { throw .unknownMessage(number: unknown) }
    }

    private static func checkVersion(ofHello hello: UnsafeRawBufferPointer) throws(WireError) {
        var version: UInt64 = 0
        var fields = FieldCursor(hello)
        while let (number, content) = try fields.next() {
            if number == 1, case .varint(let value) = content { version = value }
        }
        guard version == UInt64(Hello.protocolVersion) else { throw .unknownVersion(UInt32(clamping: version)) }
    }
}
