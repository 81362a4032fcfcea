/// Reads decimal numbers from bytes.
struct DecimalReader {
    /// 10⁰ to 10²², which `Double` holds exactly.
    private let powers: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }

    /// The `Double` nearest to a number such as `-12`, `0.5`, `.5`, `5.` or `+1e-3`; ±infinity if it is too large.
    ///
    /// A number of at most 19 digits whose digits and power of ten are exact in `Double` takes a single rounded operation
    /// (Clinger, "How to read floating point numbers accurately", 1990); the standard library reads the others.
    ///
    /// - Returns: nil when the bytes are anything else, such as `nan`, `0x1p3`, or nothing.
    func value(of text: [UInt8]) -> Double? {
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { index = 1 }

        var digits: UInt64 = 0  // of the number without its point, while they fit
        var digitCount = 0  // without leading zeros
        var exponent = 0  // of ten, that `digits` is to be multiplied with
        var hasDigit = false
        var isAfterPoint = false
        while index < text.count {
            let byte = text[index]
            if let digit = byte.digit {
                hasDigit = true
                if digitCount > 0 || digit > 0 { digitCount += 1 }
                if digitCount <= 19 { digits = digits * 10 + UInt64(digit) }
                if isAfterPoint { exponent -= 1 }
            } else if byte == UInt8(ascii: "."), !isAfterPoint {
                isAfterPoint = true
            } else {
                break
            }
            index += 1
        }
        guard hasDigit else { return nil }
        if index < text.count {
            guard let power = Self.power(of: text[index...]) else { return nil }
            exponent += power
        }
        if digitCount <= 19, digits <= 1 << 53, abs(exponent) <= 22 {
            let magnitude = exponent < 0 ? Double(digits) / powers[-exponent] : Double(digits) * powers[exponent]
            return isNegative ? -magnitude : magnitude
        }
        return Double(String(decoding: text, as: UTF8.self))
    }

    /// The number after an `e`, held at ±1,000,000, beyond which it makes no difference.
    private static func power(of text: ArraySlice<UInt8>) -> Int? {
        guard let first = text.first, first == UInt8(ascii: "e") || first == UInt8(ascii: "E") else { return nil }
        var rest = text.dropFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var power = 0
        for byte in rest {
            guard let digit = byte.digit else { return nil }
            power = min(power * 10 + digit, 1_000_000)
        }
        return isNegative ? -power : power
    }
}

extension UInt8 {
    /// 0 to 9 for the digits.
    fileprivate var digit: Int? {
        let value = self &- UInt8(ascii: "0")
        return value < 10 ? Int(value) : nil
    }
}
